/** Versions of records that came back, on the page that ends their span and on the pages before it. */
import type { Transaction } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import type { PageToStore } from './page-to-store.ts';
import type { PageRow } from './rows/copy.ts';
import { saysTheSame } from './rows/returns.ts';
import { writeRows } from './rows/rows.ts';
import { joinWritten, type WrittenRows } from './rows/written.ts';

/** Writes the rows that came back, if the page ends its span, after its other rows are written. */
export async function writeReturned<Written extends WrittenRows>(
  tx: Transaction,
  stream: LogStream,
  account: string,
  page: PageToStore,
  written: Written,
): Promise<Written> {
  if (page.end.kind !== 'complete') return written;
  const back = [...(page.returns?.held ?? []), ...listReturned(page, written, stream.table.time)];
  if (back.length === 0) return written;
  const further = await writeRows(tx, stream, account, back, { covered: [] });
  return { ...written, ...joinWritten([written, further]) };
}

/** All rows that the transaction of the page may write. */
export function listRows({ rows, returns }: PageToStore): readonly PageRow[] {
  return returns === undefined || returns.held.length === 0 ? rows : [...rows, ...returns.held];
}

/** What has to wait for the end of the span. */
export function holdReturned(
  page: PageToStore,
  written: WrittenRows,
  time: string,
): { readonly returned?: readonly PageRow[] } {
  const returned = page.end.kind === 'complete' ? [] : listReturned(page, written, time);
  return returned.length === 0 ? {} : { returned };
}

function listReturned(
  { rows, returns }: PageToStore,
  { returned = [] }: WrittenRows,
  time: string,
): readonly PageRow[] {
  if (returned.length === 0) return [];
  const back = new Map(returned.map((row) => [row.id, row]));
  for (const row of rows) {
    const version = back.get(row.id);
    if (version !== undefined && !saysTheSame(version, row, time)) back.delete(row.id);
  }
  return [...back.values()].filter(({ id }) => returns?.again.has(id) !== true);
}
