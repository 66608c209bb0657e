/** Writes the rows of a page into their table, and the rows that Postgres refuses into quarantine. */
import type { Transaction } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import type { PageToStore, StoredPage } from './page-to-store.ts';
import { refuseIfMost } from './quarantine.ts';
import type { PageRow } from './rows/copy.ts';
import { keepDoubles, splitDoubles } from './rows/doubles.ts';
import { writeByHalves } from './rows/isolate.ts';
import { writeRows } from './rows/rows.ts';
import { joinWritten, type WrittenRows } from './rows/written.ts';

/**
 * How a page is written: by COPY if all rows are new, with everything else in one round trip where that is possible; by the
 * upsert; or in halves, because Postgres refuses a row.
 */
export type WriteWay = 'copy' | 'upsert' | 'halves';

/**
 * Writes the rows. Rows that Postgres refuses go into quarantine with the unreadable records, unless that is most of the
 * page.
 */
export async function writePage(
  tx: Transaction,
  stream: LogStream,
  account: string,
  { rows, covered, formers, returns, quarantined = [], quarantine }: PageToStore,
  way: WriteWay,
): Promise<WrittenRows & Pick<StoredPage, 'quarantined'>> {
  const write = (some: readonly PageRow[]): Promise<WrittenRows> =>
    writeRows(tx, stream, account, some, { covered, formers, holds: returns !== undefined });
  if (way !== 'halves' || quarantine === undefined) return { ...(await write(rows)), quarantined };
  const { single, doubles } = splitDoubles(rows, stream.table.time);
  const first = await writeByHalves(tx, single, write);
  const others = await writeByHalves(tx, doubles, (some) => keepDoubles(tx, stream, account, some));
  const refused = [...first.refused, ...others.refused];
  const all = [...quarantined, ...refused.map(({ item, error }) => quarantine(item, error))];
  refuseIfMost(stream.name, all, rows.length + quarantined.length);
  return { ...joinWritten([...first.written, ...others.written]), quarantined: all };
}
