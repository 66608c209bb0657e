/** What the sealed log says of a page: its manifest, made within the page's transaction. */
import type { Transaction } from '../database/client.ts';
import { renderManifest } from '../evidence/manifest.ts';
import { microsOf } from '../evidence/row-leaf.ts';
import { hashRows, nameKeys, sortRows, type SealedRow } from '../evidence/rows-root.ts';
import { ensurePersonKeys } from '../evidence/salts.ts';
import { readSelected, selectSealed, type SelectedRow } from '../evidence/stored-rows.ts';
import { fromSeconds } from '../span.ts';
import type { LogStream, LogTable } from '../streams/stream.ts';
import type { PageToStore, StoredPage } from './page.ts';
import type { WrittenRows } from './rows/written.ts';
import { countByDay } from './stored-rows.ts';

/** What became of a page. */
type WrittenPage = WrittenRows & Pick<StoredPage, 'quarantined'>;

/** The manifest of a page as text, and the tags of its rows. */
export type NotedPage = { readonly manifest: string; readonly tags: Buffer | null };

/** What the sealed log says of a page; undefined where it changed nothing and its fetch goes on. */
export async function describePage(
  tx: Transaction,
  stream: Pick<LogStream, 'name' | 'table'>,
  account: string,
  { fetch, rows, end }: PageToStore,
  written: WrittenPage,
): Promise<NotedPage | undefined> {
  const { counts, quarantined, newTimesMs, leftTimesMs, droppedTimesMs } = written;
  const standing = await listStanding(tx, stream.table, account, rows, written);
  const isChange = standing.length + counts.changed + quarantined.length > 0;
  if (!isChange && end.kind !== 'complete') return undefined;
  const { days, rows: perDay } = countByDay(newTimesMs, [...leftTimesMs, ...droppedTimesMs]);
  const { from, to } = fetch.span;
  const [first, last] = [standing[0], standing.at(-1)];
  const { root, tags } = await hashStanding(tx, stream, account, standing);
  const manifest = renderManifest({
    kind: 'page',
    fetch: fetch.fetch,
    page: fetch.pages + 1,
    span: [from, to],
    rows: {
      count: standing.length,
      root: root.toString('base64'),
      ...(first && last && { first: [first.micros, first.id], last: [last.micros, last.id] }),
    },
    days: Object.fromEntries(days.map((day, at) => [day, perDay[at] ?? 0])),
    new: counts.new,
    late: counts.late,
    revisions: counts.changed,
    quarantined: quarantined.length,
    ...(end.kind === 'complete' && {
      covered: end.coverage.map((span) => [span.from, span.to] as const),
    }),
  });
  return { manifest, tags: tags.length === 0 ? null : tags };
}

async function hashStanding(
  tx: Transaction,
  { name, table }: Pick<LogStream, 'name' | 'table'>,
  account: string,
  standing: readonly SealedRow[],
): Promise<ReturnType<typeof hashRows>> {
  const names = nameKeys(table, standing);
  const keys = await ensurePersonKeys(tx, account, [...new Set(names)]);
  return hashRows({ account, stream: name, table }, standing, keys, names);
}

/** The rows that this transaction has written, as they stand now, in the order of their keys. */
async function listStanding(
  tx: Transaction,
  table: LogTable,
  account: string,
  rows: PageToStore['rows'],
  { standing }: WrittenPage,
): Promise<readonly SealedRow[]> {
  if (standing === undefined) return lookUpWritten(tx, table, account, rows);
  const sealed = standing.map(({ id, timeMs, row }) => ({
    id,
    micros: microsOf(timeMs, row[table.time]),
    row,
  }));
  return sortRows(table, sealed);
}

/** Where rows were moved, replaced or dropped, the table knows best what stands. */
async function lookUpWritten(
  tx: Transaction,
  table: LogTable,
  account: string,
  rows: PageToStore['rows'],
): Promise<readonly SealedRow[]> {
  let [oldest, newest] = [Infinity, -Infinity];
  for (const { timeMs } of rows) {
    oldest = Math.min(oldest, Math.floor(timeMs / 1000));
    newest = Math.max(newest, Math.floor(timeMs / 1000));
  }
  const { name, time, id } = table;
  const found = await tx.query<SelectedRow>(
    `select ${selectSealed(table)}
     from ${name}
     where account = $1 and ${time} >= $2 and ${time} < $3 and synced_at = now()
     order by ${time}, ${id.name}`,
    [account, fromSeconds(oldest), fromSeconds(newest + 1)],
  );
  return found.map(readSelected);
}
