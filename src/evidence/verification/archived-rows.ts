/** Reads the archived rows of a log together with those in the table. */
import { unescapeText } from '../row-leaf.ts';
import { idOrder } from '../rows-root.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import type { SealedEntry } from './entry.ts';
import { microsOfIso } from './open-manifests.ts';
import type { Stretch } from './row-parts.ts';
import type { RowVersion, StandingRow } from './standing-row.ts';

/** A row of the archive; its values are in the order of the columns of its table. */
export type ArchivedRow = StandingRow & {
  readonly id: string;
  /** When it was first stored, in microseconds since 1970. */
  readonly firstWrittenAt: string;
  readonly values: readonly (string | null)[];
};

/** The archive, as a verification reads it. */
export type ArchivedRows = {
  /** The rows of a time range, in the order of their keys. */
  read(stream: LogStream, account: string, stretch: Stretch): AsyncIterable<readonly ArchivedRow[]>;
  /** The ranges in which the archive counts, even if the table still has the rows. */
  readonly instead: readonly Stretch[];
};

/** Rows of the table and of the archive in the order of their keys. */
export async function* mergeRows(
  table: LogTable,
  standing: AsyncIterable<readonly StandingRow[]>,
  archived: AsyncIterable<readonly StandingRow[]>,
): AsyncGenerator<readonly StandingRow[]> {
  const compareIds = idOrder(table);
  const isBefore = (a: StandingRow, b: StandingRow): boolean =>
    a.micros === b.micros
      ? compareIds(unescapeText(a.canonical.id), unescapeText(b.canonical.id)) <= 0
      : Number(a.micros) < Number(b.micros);
  const [hot, cold] = [openBatches(standing), openBatches(archived)];
  for (;;) {
    const [a, b] = [await hot.peek(), await cold.peek()];
    if (a === undefined && b === undefined) return;
    if (a === undefined || b === undefined) {
      yield (a === undefined ? cold : hot).takeAll();
      continue;
    }
    const [first, limit] = isBefore(a, b) ? [hot, b] : [cold, a];
    yield first.takeWhile((row) => isBefore(row, limit));
  }
}

type Batches = {
  /** The next row; undefined after the last one. */
  peek(): Promise<StandingRow | undefined>;
  /** The rest of what is there. */
  takeAll(): readonly StandingRow[];
  /** The next row, and those after it that are ready and fit. */
  takeWhile(fits: (row: StandingRow) => boolean): readonly StandingRow[];
};

function openBatches(source: AsyncIterable<readonly StandingRow[]>): Batches {
  const batches = source[Symbol.asyncIterator]();
  let [rows, at]: [readonly StandingRow[], number] = [[], 0];
  const takeUntil = (end: number): readonly StandingRow[] => {
    const taken = at === 0 && end === rows.length ? rows : rows.slice(at, end);
    at = end;
    return taken;
  };
  return {
    async peek() {
      while (at === rows.length) {
        const next = await batches.next();
        if (next.done === true) return undefined;
        [rows, at] = [next.value, 0];
      }
      return rows[at];
    },
    takeAll: () => takeUntil(rows.length),
    takeWhile(fits) {
      const last = rows.at(-1);
      if (last !== undefined && fits(last)) return takeUntil(rows.length);
      let end = at + 1;
      for (let row = rows[end]; row !== undefined && fits(row); row = rows[end]) end += 1;
      return takeUntil(end);
    },
  };
}

/** What a manifest wrote or adopted and is now in the archive. */
export async function readArchivedOf(
  archive: ArchivedRows | undefined,
  stream: LogStream,
  account: string,
  { bounds: [first, last], kind, storedAt, before }: SealedEntry,
): Promise<readonly RowVersion[]> {
  if (archive === undefined) return [];
  const own = microsOfIso(storedAt);
  const beforeMicros = kind === 'adopted' ? Number(microsOfIso(before ?? '')) : undefined;
  const isOwn = (writtenAt: string): boolean =>
    beforeMicros === undefined ? writtenAt === own : Number(writtenAt) < beforeMicros;
  const found: RowVersion[] = [];
  const stretch = { from: Number(first), until: Number(last) + 1 };
  for await (const rows of archive.read(stream, account, stretch))
    for (const row of rows) if (isOwn(row.writtenAt)) found.push(toVersion(stream.table, row));
  return found;
}

function toVersion({ columns }: LogTable, archived: ArchivedRow): RowVersion {
  const { id, micros, writtenAt, values } = archived;
  const row = Object.fromEntries(columns.map((name, place) => [name, values[place] ?? null]));
  return { id, micros, writtenAt, row };
}

/** A condition that leaves out rows that stay in the table only until they are dropped. */
export function besidesArchive(
  { time }: Pick<LogTable, 'time'>,
  archive: ArchivedRows | undefined,
): string {
  return (archive?.instead ?? [])
    .map(
      ({ from, until }) =>
        ` and not (${time} >= ${momentOf(from)} and ${time} < ${momentOf(until)})`,
    )
    .join('');
}

/** A literal of whole microseconds since 1970. */
function momentOf(micros: number): string {
  return `('epoch'::timestamptz + ${Math.trunc(micros)} * interval '1 microsecond')`;
}
