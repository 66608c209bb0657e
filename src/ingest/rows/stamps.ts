/**
 * The time stamps that one run has seen, by record: a record that comes again with another time stamp is found without an
 * index.
 */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { LogTable } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';
import { createRecordTimes, hashId, type RecordTimes } from './record-times.ts';

/** Rows whose record was seen with another time, by the latest of these in milliseconds since 1970. */
export type FormerStamps = ReadonlyMap<PageRow, number>;

/** What a run remembers of its records, in limited memory: of a long run only the newest. */
export type Stamps = {
  /**
   * Checks the rows of a page and returns those whose record was seen before with another time, or has a later row in this
   * page.
   */
  note(rows: readonly PageRow[]): FormerStamps;
  /** Whether the record was seen, as far as is remembered. */
  has(id: string): boolean;
  /** Adds what an earlier run has stored. */
  remember(id: string, timeMs: number): void;
};

/** So many records fill a generation, half a megabyte; then the previous generation is forgotten. */
const generationRecords = 20_000;

/** Creates an empty memory. */
export function createStamps(): Stamps {
  let current = createRecordTimes();
  let older: RecordTimes | undefined;

  function remember(key: number, timeMs: number): void {
    if (current.size >= generationRecords) {
      older = current;
      current = createRecordTimes();
    }
    current.set(key, timeMs);
  }
  const recall = (key: number): number | undefined => current.get(key) ?? older?.get(key);

  return {
    remember: (id, timeMs) => remember(hashId(id), timeMs),
    has: (id) => recall(hashId(id)) !== undefined,
    note(rows) {
      const formers = new Map<PageRow, number>();
      let latest: Map<string, PageRow> | undefined;
      for (const [index, row] of rows.entries()) {
        const { id, timeMs } = row;
        const key = hashId(id);
        const former = recall(key);
        if (former === undefined) remember(key, timeMs);
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
          if (timeMs > former) remember(key, timeMs);
        }
        latest?.set(id, row);
      }
      return formers;
    },
  };
}

/** Adds what is stored of a partly read span; if that is too much, only the newest. */
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
