/**
 * A record that stands twice in one page with the same time: the later in the page stands in the table, and what the others
 * say differently is kept as a revision, once, though the source shows them with each reading.
 */
import type { Transaction } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';
import { keepOutdated } from './standing.ts';
import { nothingWritten, type WrittenRows } from './written.ts';

/** The rows of a page. */
type Split = {
  /** Of each id and time the one that stands. */
  readonly single: readonly PageRow[];
  /** The others. */
  readonly doubles: readonly PageRow[];
};

/** Parts the rows that stand from those that have the id and the time, to the millisecond, of one that stands. */
export function splitDoubles(rows: readonly PageRow[], time: string): Split {
  const last = new Map<string, PageRow>();
  for (const row of rows) {
    const key = `${row.timeMs} ${row.id}`;
    const other = last.get(key);
    if (other === undefined || microsOf(row, time) >= microsOf(other, time)) last.set(key, row);
  }
  if (last.size === rows.length) return { single: rows, doubles: [] };
  const standing = new Set(last.values());
  return {
    single: rows.filter((row) => standing.has(row)),
    doubles: rows.filter((row) => !standing.has(row)),
  };
}

const fraction = /\.(\d+)/;

/** What a time stamp says below its second. */
function microsOf({ row }: PageRow, time: string): string {
  return (fraction.exec(String(row[time]))?.[1] ?? '').padEnd(6, '0');
}

/** Keeps what doubles say otherwise than the rows that stand, within the transaction that has written these. */
export async function keepDoubles(
  tx: Transaction,
  { name: stream, table }: Pick<LogStream, 'name' | 'table'>,
  account: string,
  doubles: readonly PageRow[],
): Promise<WrittenRows> {
  const changed = await keepOutdated(tx, { table, account, stream }, doubles);
  return { ...nothingWritten, counts: { ...nothingWritten.counts, changed } };
}
