/**
 * A page of a log, from the answer to COMMIT: its records become rows, and one transaction holds the check of the lease,
 * the rows, the cursor and, with the last page, the coverage. After COMMIT rows and ledger agree, whatever happens next.
 */
import type { Database, Queryable } from '../database/client.ts';
import { refusesRow } from '../database/connection-errors.ts';
import type { EnsurePartitions } from '../database/partitions.ts';
import { sqlstates } from '../database/sqlstates.ts';
import { KnownError } from '../errors.ts';
import { fromSeconds, subtract, type Span, type Spans } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';
import { addCoverage, addRescan, lockStream, type StreamKey } from './coverage.ts';
import type { Fetch } from './fetch.ts';
import { changedHistory, checkLease, type Lease } from './lease.ts';
import { loadLostSince } from './losses.ts';
import type { ReadPage } from './page-records.ts';
import { storeQuarantine, type QuarantinedRecord } from './quarantine.ts';
import { listStale, markStaleDays } from './rollups.ts';
import type { PageRow } from './rows/copy.ts';
import { countByDay } from './stored-rows.ts';
import { describePage, type NotedPage } from './page-manifest.ts';
import { writePage, type WriteWay } from './page-rows.ts';
import type { FormerStamps } from './rows/stamps.ts';
import type { PageCounts, WrittenRows } from './rows/written.ts';

/** What a page means for its fetch: more pages follow; the span is complete; or it is given back as too dense. */
export type PageEnd =
  /** Without a cursor the next page is what is left of the span, and the fetch cannot go on after a stop. */
  | { readonly kind: 'more'; readonly nextCursor: string | undefined }
  | {
      readonly kind: 'complete';
      readonly coverage: Spans;
      /** What is read again with it, at each age. */
      readonly rescans: readonly { readonly ageSeconds: number; readonly span: Span }[];
    }
  /** Nothing is covered: the span is read again in spans of this length. */
  | { readonly kind: 'split'; readonly spanSeconds: number };

/** One page, ready to be stored. */
export type PageToStore = Pick<ReadPage, 'rows'> &
  Partial<ReadPage> & {
    readonly fetch: Fetch;
    readonly pageSize: number;
    /** When the first page of the fetch was asked for, whole seconds of the earliest clock. */
    readonly askedAt: number;
    /** What was covered already: a new row in there is a late one. */
    readonly covered: Spans;
    /** Rows whose record this run has seen with another time; default: what the page itself tells. */
    readonly formers?: FormerStamps;
    readonly end: PageEnd;
  };

/** A page that is in the tables now, and the fetch as it stands after it. */
export type StoredPage = {
  readonly fetch: Fetch;
  readonly counts: PageCounts;
  /** The records that went into quarantine. */
  readonly quarantined: readonly QuarantinedRecord[];
};

/** Where pages are stored. */
export type PageStore = { readonly db: Database; readonly ensurePartitions: EnsurePartitions };

/** How many of the rows no rule knows; undefined for a log that is not classified. */
export function countUnclassified(
  { table: { derived } }: Pick<LogStream, 'table'>,
  rows: readonly PageRow[],
): number | undefined {
  if (derived === undefined) return undefined;
  return rows.filter((row) => row.derived.some(derived.isUnclassified)).length;
}

/**
 * Stores a page of a log.
 *
 * @throws {KnownError} `lease_lost` when another process has taken over, `history_changed` when the database does not have
 * what was stored before it; then nothing was stored
 */
export async function storePage(
  { db, ensurePartitions }: PageStore,
  lease: Lease,
  stream: LogStream,
  page: PageToStore,
): Promise<StoredPage> {
  const moments = page.rows.map(({ timeMs }) => timeMs);
  await ensurePartitions(stream.table, moments);
  let way: WriteWay = 'copy';
  for (let looks = 0; ;) {
    try {
      return await commitPage(db, lease, stream, page, way);
    } catch (error) {
      const sqlState = error instanceof KnownError ? (error.sqlState ?? '') : '';
      // Another cursor, which reads the span beside this one, stored the same row at the same moment.
      if (sqlState === sqlstates.uniqueViolation && way === 'copy') way = 'upsert';
      else if (partitionGone.has(sqlState) && looks < looksForPartitions) {
        // A partition was dropped or detached since this process last saw it.
        await ensurePartitions(stream.table, moments, true);
        looks += 1;
      } else if (refusesRow(error) && way !== 'halves') way = 'halves';
      else throw error;
    }
  }
}

/** How often in a row a page looks for partitions that are gone. */
const looksForPartitions = 3;
/** What Postgres says where a partition is gone, or goes at this moment. */
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
  way: WriteWay,
): Promise<StoredPage> {
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    const { rows, end } = page;
    const written = await writePage(tx, stream, lease.account, page, way);
    const { counts, quarantined } = written;
    await markStaleDays(tx, lease.account, stream, listStale(rows, written));
    await storeQuarantine(tx, lease, quarantined, page.fetch);
    const fetch = advance(page, counts);
    const noted = await describePage(tx, stream, lease.account, page, written);
    if (!(await recordPage(tx, lease, page, fetch, { ...written, noted })))
      return { ...(await describeStored(tx, lease, page, fetch)), quarantined };
    if (end.kind === 'complete') await recordCoverage(tx, lease, fetch.fetch, end);
    return { fetch, counts, quarantined };
  });
}

function advance(
  { fetch, rows, quarantined = [], pageSize, askedAt, end }: PageToStore,
  counts: PageCounts,
): Fetch {
  return {
    ...fetch,
    pageSize,
    cursor: end.kind === 'more' ? end.nextCursor : undefined,
    askedAt,
    pages: fetch.pages + 1,
    seen: fetch.seen + rows.length + quarantined.length,
    new: fetch.new + counts.new,
    changed: fetch.changed + counts.changed,
    late: fetch.late + counts.late,
  };
}

/** Moves the cursor, counts the new rows, and leaves the manifest for the sealer. False when the fetch does not stand where its reader left it, or has ended. */
async function recordPage(
  tx: Queryable,
  key: StreamKey,
  page: PageToStore,
  next: Fetch,
  { newTimesMs, leftTimesMs, noted }: WrittenRows & { readonly noted: NotedPage | undefined },
): Promise<boolean> {
  const stored = countByDay(newTimesMs, leftTimesMs);
  const updated = await tx.query(
    `with counted as (
       insert into zendesk_sync.stored_rows (account, stream, day, rows)
       select $13, $14, day, rows from unnest($15::date[], $16::bigint[]) as stored (day, rows)
     ),
     moved as (
       update zendesk_sync.fetches
       set cursor = $3, page_size = $4, asked_at = $5, pages = $6, rows_seen = $7, rows_new = $8, rows_changed = $9,
         rows_late = $10, outcome = $11::text, ended_at = case when $11::text is not null then now() end
       where id = $1::bigint and pages = $2 and mark = $12::uuid and outcome is null
       returning 1
     ),
     noted as (
       insert into zendesk_evidence.pending (account, stream, manifest, tags)
       select $13, $14, $17, $18 from moved where $17::text is not null
     )
     select from moved`,
    [
      next.fetch,
      page.fetch.pages,
      next.cursor,
      next.pageSize,
      fromSeconds(page.askedAt),
      next.pages,
      next.seen,
      next.new,
      next.changed,
      next.late,
      outcomeOf(page.end),
      page.fetch.mark,
      key.account,
      key.stream,
      stored.days,
      stored.rows,
      noted?.manifest ?? null,
      noted?.tags ?? null,
    ],
  );
  return updated.length === 1;
}

async function recordCoverage(
  tx: Queryable,
  key: StreamKey,
  fetch: string,
  { coverage, rescans }: Extract<PageEnd, { kind: 'complete' }>,
): Promise<void> {
  // Two cursors may end neighbouring spans at once; each must see the other's span to join it.
  await lockStream(tx, key);
  const lost = await loadLostSince(tx, key, fetch);
  for (const span of subtract(coverage, lost)) await addCoverage(tx, key, span);
  for (const { ageSeconds, span } of rescans)
    for (const read of subtract([span], lost)) await addRescan(tx, key, ageSeconds, read);
}

/**
 * The page as an earlier try has stored it, when the answer to its COMMIT was lost: then the fetch stands one page further
 * by the hand of this very reader, and the ledger has the counts. Anywhere else nothing may be built upon what is remembered
 * of it: behind, because pages were lost; further; ended; or gone, and its number another fetch's.
 */
async function describeStored(
  tx: Queryable,
  key: StreamKey,
  page: PageToStore,
  next: Fetch,
): Promise<Omit<StoredPage, 'quarantined'>> {
  const [row] = await tx.query<Pick<Fetch, 'seen' | 'new' | 'changed' | 'late'>>(
    `select rows_seen::float8 as seen, rows_new::float8 as new, rows_changed::float8 as changed, rows_late::float8 as late
     from zendesk_sync.fetches
     where id = $1::bigint and mark = $2::uuid and pages = $3 and cursor is not distinct from $4
       and outcome is not distinct from $5`,
    [next.fetch, next.mark, next.pages, next.cursor ?? null, outcomeOf(page.end)],
  );
  if (row === undefined) throw changedHistory(key);
  const fetch = { ...next, ...row };
  const counts = {
    new: fetch.new - page.fetch.new,
    changed: fetch.changed - page.fetch.changed,
    late: fetch.late - page.fetch.late,
  };
  return { fetch, counts };
}

function outcomeOf(end: PageEnd): string | null {
  return end.kind === 'more' ? null : end.kind;
}
