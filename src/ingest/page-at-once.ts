/** A page of which no row is stored: with the fence it takes two round trips, where it does not end its fetch. */
import type { Statement } from '../database/batch.ts';
import type { Transaction } from '../database/client.ts';
import { createRowHasher, type RowHasher } from '../evidence/rows-root.ts';
import { ensurePersonKeys, findPersonKeys, nameKeys, readPersonKeys } from '../evidence/salts.ts';
import type { LogStream } from '../streams/stream.ts';
import type { StreamKey } from './coverage.ts';
import { advance, recordPage } from './page-ledger.ts';
import { describeUnstoredPage } from './page-manifest.ts';
import type { PageToStore, StoredPage } from './page-to-store.ts';
import { markAtOnce } from './stale-days.ts';
import { listCopies } from './rows/copy.ts';
import { createStamps } from './rows/stamps.ts';
import { ascends, copyUnstored, describeUnstored, findStored } from './rows/unstored.ts';
import type { WrittenRows } from './rows/written.ts';

/**
 * What is asked together with the fence: what is stored of the rows, and the keys of their salts. Nothing for rows that are
 * not in key order, or whose record was seen with another time.
 */
export function askAboutRows(
  { table }: LogStream,
  account: string,
  { rows, formers }: Pick<PageToStore, 'rows' | 'formers'>,
  seals: boolean,
): readonly Statement[] {
  if (rows.length === 0 || !ascends(rows, table)) return [];
  if ((formers ?? createStamps().note(rows)).size > 0) return [];
  const stored = findStored(table, account, rows);
  return seals ? [stored, findPersonKeys(account, nameKeys(table, rows))] : [stored];
}

/** What hashes the rows as they are written; undefined where nothing is sealed. Keys that are missing are made. */
export async function prepareHasher(
  tx: Transaction,
  { table }: LogStream,
  account: string,
  { rows }: PageToStore,
  keys: readonly unknown[] | undefined,
): Promise<RowHasher | undefined> {
  if (keys === undefined) return undefined;
  const known = readPersonKeys(keys);
  const all = await ensurePersonKeys(tx, account, nameKeys(table, rows), known);
  return createRowHasher(table, rows.length, all);
}

/** Stores the rows of a page, as a step of its transaction. */
export async function writeUnstored(
  tx: Transaction,
  { table }: LogStream,
  account: string,
  { rows, covered, quarantined = [] }: PageToStore,
  hasher: RowHasher | undefined,
): Promise<WrittenRows & Pick<StoredPage, 'quarantined'>> {
  await copyUnstored(tx, table, account, rows, hasher);
  return { ...describeUnstored(rows, covered), hashed: hasher?.end(), quarantined };
}

/**
 * Stores a page that neither ends its fetch nor has records for the quarantine, and commits. It fails with SQLSTATE 22012
 * if the mark of a day, or the fetch, is different from what nearly every page finds.
 */
export async function storeAtOnce(
  tx: Transaction,
  key: StreamKey,
  stream: LogStream,
  page: PageToStore,
  { hasher, startedAt }: { readonly hasher: RowHasher | undefined; readonly startedAt: string },
): Promise<StoredPage> {
  const { rows, covered } = page;
  const written = { ...describeUnstored(rows, covered), quarantined: [] };
  const fetch = advance(page, written.counts);
  const marks = markAtOnce(key.account, stream, rows);
  await tx.end(listCopies(stream.table, key.account, rows, hasher), () => {
    const noted = hasher && describeUnstoredPage(stream, page, written, hasher.end());
    const { text, values } = recordPage(key, page, fetch, { ...written, noted, startedAt });
    const record = { text: `${text} select 1 / count(*) from moved`, values };
    return marks === undefined ? [record] : [marks, record];
  });
  return { fetch, counts: written.counts, quarantined: [] };
}
