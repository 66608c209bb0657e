/** The time stamps that one run has seen, by record: one that comes again with another stamp is found without an index. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { LogTable } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';

/** Rows whose record was seen with another time, by the latest of these in milliseconds since 1970. */
export type FormerStamps = ReadonlyMap<PageRow, number>;

/** What a run remembers of its records, in bounded memory: of a long one the newest alone. */
export type Stamps = {
  /** Looks at the rows of a page: those whose record was seen before with another time, or has a later one in this page. */
  note(rows: readonly PageRow[]): FormerStamps;
  /** Takes in what an earlier run has stored. */
  remember(id: string, timeMs: number): void;
};

/** So many records fill a generation, some 2 MB; then the one before it is forgotten. */
const generationRecords = 20_000;

/** Creates a memory of nothing. */
export function createStamps(): Stamps {
  let current = new Map<string, number>();
  let older = new Map<string, number>();

  function remember(id: string, timeMs: number): void {
    if (current.size >= generationRecords) {
      older = current;
      current = new Map();
    }
    current.set(id, timeMs);
  }

  return {
    remember,
    note(rows) {
      const formers = new Map<PageRow, number>();
      let latest: Map<string, PageRow> | undefined;
      for (const [index, row] of rows.entries()) {
        const { id, timeMs } = row;
        const former = current.get(id) ?? older.get(id);
        if (former === undefined) remember(id, timeMs);
        else {
          latest ??= new Map(rows.slice(0, index).map((earlier) => [earlier.id, earlier]));
          const other = latest.get(id);
          if (other === undefined) {
            if (former !== timeMs) formers.set(row, former);
          } else if (other.timeMs > timeMs) {
            formers.set(row, other.timeMs);
            continue;
          } else if (other.timeMs < timeMs) {
            const before = formers.get(other);
            if (before !== undefined) formers.set(row, before);
            formers.set(other, timeMs);
          }
          if (timeMs > former) remember(id, timeMs);
        }
        latest?.set(id, row);
      }
      return formers;
    },
  };
}

/** Takes in what is stored of a span that was read in part; of much the newest. */
export async function recallStamps(
  db: Queryable,
  { name, time, id }: LogTable,
  account: string,
  { from, to }: Span,
  stamps: Stamps,
): Promise<void> {
  const stored = await db.query<{ id: string; timeMs: number }>(
    `select ${id.name}::text as id, floor(extract(epoch from ${time}) * 1000)::float8 as "timeMs"
     from ${name}
     where account = $1 and ${time} >= $2 and ${time} < $3
     order by ${time} desc, ${id.name} desc
     limit ${generationRecords}`,
    [account, fromSeconds(from - 1), fromSeconds(to + 2)],
  );
  for (const { id: known, timeMs } of stored.toReversed()) stamps.remember(known, timeMs);
}
