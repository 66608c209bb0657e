/**
 * A record that is twice in one page with the same time: the later one is stored in the table, and others with different
 * content become revisions, only once, although each reading shows them again.
 */
import type { Transaction } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';
import { keepOutdated } from './standing.ts';
import { nothingWritten, type WrittenRows } from './written.ts';

/** The rows of a page. */
type Split = {
  /** For each id and time, the one to store. */
  readonly single: readonly PageRow[];
  /** The others. */
  readonly doubles: readonly PageRow[];
};

/** Separates the rows to store from those with the same id and time (to the millisecond). */
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

/** The fraction of the second of a time stamp. */
function microsOf({ row }: PageRow, time: string): string {
  return (fraction.exec(String(row[time]))?.[1] ?? '').padEnd(6, '0');
}

/** Keeps doubles that differ from the stored rows as revisions, within the transaction that has written the rows. */
export async function keepDoubles(
  tx: Transaction,
  { name: stream, table }: Pick<LogStream, 'name' | 'table'>,
  account: string,
  doubles: readonly PageRow[],
): Promise<WrittenRows> {
  const changed = await keepOutdated(tx, { table, account, stream }, doubles);
  return { ...nothingWritten, counts: { ...nothingWritten.counts, changed } };
}
