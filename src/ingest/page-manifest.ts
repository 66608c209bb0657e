/** What the sealed log says of a page: its manifest, made within the page's transaction. */
import type { Transaction } from '../database/client.ts';
import { startOf } from '../database/start.ts';
import { renderManifest, type RowsManifest } from '../evidence/manifest.ts';
import { microsOf } from '../evidence/row-leaf.ts';
import { hashRows, sortRows, type HashedRows, type SealedRow } from '../evidence/rows-root.ts';
import { ensurePersonKeys, nameKeys } from '../evidence/salts.ts';
import { readSelected, selectSealed, type SelectedRow } from '../evidence/stored-rows.ts';
import { fromSeconds } from '../span.ts';
import type { LogStream, LogTable } from '../streams/stream.ts';
import type { PageToStore, StoredPage } from './page-to-store.ts';
import type { WrittenRows } from './rows/written.ts';
import { countByDay } from './stored-rows.ts';

/** What became of a page. */
type WrittenPage = WrittenRows & Pick<StoredPage, 'quarantined'>;

/** The manifest of a page as text, and the tags of its rows. */
export type NotedPage = { readonly manifest: string; readonly tags: Buffer | null };

/** What the sealed log says of rows that were written, and the tags of those that stand. */
export type DescribedRows = { readonly described: RowsManifest; readonly tags: Buffer | null };

/** What the sealed log says about a page; undefined if it changed nothing and its fetch continues. */
export async function describePage(
  tx: Transaction,
  { table }: Pick<LogStream, 'table'>,
  account: string,
  page: PageToStore,
  written: WrittenPage,
): Promise<NotedPage | undefined> {
  const standing = await describeStanding(tx, table, account, page.rows, written);
  const { counts, quarantined, droppedTimesMs } = written;
  const changes = standing.count + counts.changed + quarantined.length + droppedTimesMs.length;
  if (changes === 0 && page.end.kind !== 'complete') return undefined;
  return notePage(page, standing, written);
}

/** The same of a page whose rows were all new, and were hashed as they were written. */
export function describeUnstoredPage(
  { table }: Pick<LogStream, 'table'>,
  page: PageToStore,
  written: WrittenPage,
  hashed: HashedRows,
): NotedPage {
  return notePage(page, standAsHashed(table, page.rows, hashed), written);
}

function notePage(
  { fetch, end }: PageToStore,
  standing: Standing,
  written: WrittenPage,
): NotedPage {
  const { described, tags } = describeRows(standing, written);
  const { from, to } = fetch.span;
  const manifest = renderManifest({
    kind: 'page',
    fetch: fetch.fetch,
    page: fetch.pages + 1,
    span: [from, to],
    ...described,
    quarantined: written.quarantined.length,
    ...(end.kind === 'complete' && {
      covered: end.coverage.map((span) => [span.from, span.to] as const),
    }),
  });
  return { manifest, tags };
}

/** What the sealed log says of rows that another transaction than that of a page has written. */
export async function describeWritten(
  tx: Transaction,
  { table }: Pick<LogStream, 'table'>,
  account: string,
  rows: PageToStore['rows'],
  written: WrittenRows,
): Promise<DescribedRows> {
  return describeRows(await describeStanding(tx, table, account, rows, written), written);
}

function describeRows(
  { count, first, last, hashed: { root, tags } }: Standing,
  { counts, newTimesMs, leftTimesMs, droppedTimesMs, knownDropped }: WrittenRows,
): DescribedRows {
  const { days, rows: perDay } = countByDay(newTimesMs, [...leftTimesMs, ...droppedTimesMs]);
  const described = {
    rows: {
      count,
      root: root.toString('base64'),
      ...(first && last && { first: keyOf(first), last: keyOf(last) }),
    },
    days: Object.fromEntries(days.map((day, at) => [day, perDay[at] ?? 0])),
    new: counts.new,
    late: counts.late,
    revisions: counts.changed,
    ...(knownDropped && { dropped: knownDropped }),
  };
  return { described, tags: tags.length === 0 ? null : tags };
}

function keyOf({ micros, id }: SealedRow): readonly [string, string] {
  return [micros, id];
}

/** The rows that a page's transaction has written, as they stand now. */
type Standing = {
  readonly count: number;
  readonly first: SealedRow | undefined;
  readonly last: SealedRow | undefined;
  readonly hashed: HashedRows;
};

function toSealed(table: LogTable): (row: PageToStore['rows'][number]) => SealedRow {
  return ({ id, timeMs, row }) => ({ id, micros: microsOf(timeMs, row[table.time]), row });
}

function standAsHashed(table: LogTable, rows: PageToStore['rows'], hashed: HashedRows): Standing {
  const [first, last] = [rows[0], rows.at(-1)].map((row) => row && toSealed(table)(row));
  return { count: rows.length, first, last, hashed };
}

async function describeStanding(
  tx: Transaction,
  table: LogTable,
  account: string,
  rows: PageToStore['rows'],
  { standing, hashed }: WrittenRows,
): Promise<Standing> {
  if (standing !== undefined && hashed !== undefined) return standAsHashed(table, standing, hashed);
  const sealed =
    standing === undefined
      ? await lookUpWritten(tx, table, account, rows)
      : sortRows(table, standing.map(toSealed(table)));
  const written = sealed.map(({ micros, row }) => ({ timeMs: Number(micros) / 1000, row }));
  const keys = await ensurePersonKeys(tx, account, nameKeys(table, written));
  const [first, last] = [sealed[0], sealed.at(-1)];
  return { count: sealed.length, first, last, hashed: hashRows(table, sealed, keys) };
}

/** If rows were moved, replaced or dropped, only the table knows what is stored. */
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
     where account = $1 and ${time} >= $2 and ${time} < $3 and synced_at = $4::timestamptz
     order by ${time}, ${id.name}`,
    [account, fromSeconds(oldest), fromSeconds(newest + 1), await startOf(tx)],
  );
  return found.map(readSelected);
}
