/**
 * A page of a log, from the answer to COMMIT: its records become rows, and one transaction contains the check of the lease,
 * the rows, the cursor and, with the last page, the coverage. After COMMIT rows and ledger agree, whatever happens next.
 */
import type { Database } from '../database/client.ts';
import { refusesRow } from '../database/connection-errors.ts';
import type { EnsurePartitions } from '../database/partitions.ts';
import { sqlstates } from '../database/sqlstates.ts';
import { KnownError } from '../errors.ts';
import type { LogStream } from '../streams/stream.ts';
import { checkLease, type Lease } from './lease.ts';
import { askAboutRows, prepareHasher, storeAtOnce, writeUnstored } from './page-at-once.ts';
import { recordCoverage, withoutLost } from './page-coverage.ts';
import { advance, describeStored, recordPage } from './page-ledger.ts';
import { describePage } from './page-manifest.ts';
import { writePage, type WriteWay } from './page-rows.ts';
import { storeQuarantine } from './quarantine.ts';
import { listStale, markStaleDays } from './stale-days.ts';
import { holdReturned, listRows, writeReturned } from './page-returned.ts';
import { foundNothing } from './rows/unstored.ts';
import type { PageToStore, StoredPage } from './page-to-store.ts';

/** Where pages are stored. */
export type PageStore = {
  readonly db: Database;
  readonly ensurePartitions: EnsurePartitions;
  /** Whether pages leave their manifests for the sealed log. Default: yes; measurements ask what it costs. */
  readonly seals?: boolean;
};

/**
 * Stores a page of a log.
 *
 * @throws {KnownError} `lease_lost` when another process has taken over, `history_changed` when the database lacks what was
 *   stored before it; then nothing was stored
 */
export async function storePage(
  { db, ensurePartitions, seals = true }: PageStore,
  lease: Lease,
  stream: LogStream,
  page: PageToStore,
): Promise<StoredPage> {
  const moments = page.rows.map(({ timeMs }) => timeMs);
  await ensurePartitions(stream.table, moments);
  let way: WriteWay = 'copy';
  for (let looks = 0; ;) {
    try {
      return await commitPage(db, lease, stream, page, { way, seals });
    } catch (error) {
      const sqlState = error instanceof KnownError ? (error.sqlState ?? '') : '';
      if (overtaken.has(sqlState) && way === 'copy') way = 'upsert';
      else if (partitionGone.has(sqlState) && looks < looksForPartitions) {
        // A partition was dropped or detached since this process last saw it.
        await ensurePartitions(stream.table, moments, true);
        looks += 1;
      } else if (refusesRow(error) && way !== 'halves') way = 'halves';
      else throw error;
    }
  }
}

/**
 * Another cursor, which reads the neighbouring span, stored the same row at the same moment; or what was sent at once relied
 * on something that was different: the mark of a day, or the fetch.
 */
const overtaken: ReadonlySet<string> = new Set([
  sqlstates.uniqueViolation,
  sqlstates.divisionByZero,
]);
/** How often in a row a page checks for missing partitions. */
const looksForPartitions = 3;
/** Postgres's error codes when a partition is missing, or is being removed at this moment. */
const partitionGone: ReadonlySet<string> = new Set([
  sqlstates.checkViolation,
  sqlstates.exclusionViolation,
  sqlstates.undefinedTable,
  sqlstates.internalError,
]);

async function commitPage(
  db: Database,
  lease: Lease,
  stream: LogStream,
  page: PageToStore,
  { way, seals }: { readonly way: WriteWay; readonly seals: boolean },
): Promise<StoredPage> {
  return db.transaction(async (tx) => {
    const { end } = page;
    const rows = listRows(page);
    const questions = way === 'copy' ? askAboutRows(stream, lease.account, page, seals) : [];
    const { startedAt, answers } = await checkLease(tx, lease, questions);
    const [stored, keys] = answers;
    const isUnstored = foundNothing(stored);
    const hasher = isUnstored
      ? await prepareHasher(tx, stream, lease.account, page, keys)
      : undefined;
    if (isUnstored && end.kind !== 'complete' && (page.quarantined ?? []).length === 0)
      return storeAtOnce(tx, lease, stream, page, { hasher, startedAt });
    const first = isUnstored
      ? await writeUnstored(tx, stream, lease.account, page, hasher)
      : await writePage(tx, stream, lease.account, page, way);
    const written = await writeReturned(tx, stream, lease.account, page, first);
    const { counts, quarantined } = written;
    await markStaleDays(tx, lease.account, stream, listStale(rows, written));
    await storeQuarantine(tx, lease, quarantined, page.fetch);
    const fetch = advance(page, counts);
    const borne = end.kind === 'complete' ? await withoutLost(tx, lease, fetch.fetch, end) : end;
    const noted = seals
      ? await describePage(tx, stream, lease.account, { ...page, rows, end: borne }, written)
      : undefined;
    const { text, values } = recordPage(lease, page, fetch, { ...written, noted, startedAt });
    if ((await tx.query(`${text} select from moved`, values)).length !== 1)
      return { ...(await describeStored(tx, lease, page, fetch)), quarantined };
    if (borne.kind === 'complete') await recordCoverage(tx, lease, borne);
    return { fetch, counts, quarantined, ...holdReturned(page, first, stream.table.time) };
  });
}
