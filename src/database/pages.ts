import { fromSeconds, type Span, type Spans } from '../span.ts';
import { KnownError } from '../errors.ts';
import type { Database, Queryable } from './client.ts';
import { addCoverage, addRescan, type StreamKey } from './coverage.ts';
import type { Fetch } from './fetches.ts';
import { checkLease, type Lease } from './leases.ts';
import type { LogRow, PageCounts, WriteRows } from './log-row.ts';
import { markStaleDays } from './rollups.ts';

/** One page, ready to be stored. */
export type PageToStore = {
  readonly fetch: Fetch;
  readonly rows: readonly LogRow[];
  /** Records in the answer, repeated ones included. */
  readonly seen: number;
  readonly pageSize: number;
  /** Where the next page starts; undefined on the last page. */
  readonly nextCursor: string | undefined;
  /** When the first page of the fetch was asked for, whole seconds of the trusted clock. */
  readonly askedAt: number;
  /** What was covered already: a new row in there is a late one. */
  readonly covered: Spans;
  /** Given when the fetch ends with this page: what that adds to the coverage, and to what was read again at each age. */
  readonly completes:
    | { readonly coverage: Spans; readonly rescans: readonly { ageSeconds: number; span: Span }[] }
    | undefined;
  /** Given when the fetch ends with this page and covers nothing: the span is read again in smaller ones. */
  readonly splits: boolean;
};

/**
 * Stores a page: one transaction that holds the check of the lease, the rows, the cursor and, with the last page, the
 * coverage. After COMMIT rows and ledger agree, whatever happens next (design, rule 1).
 *
 * @returns the fetch as it stands after the page
 * @throws {KnownError} `lease_lost` when another process has taken over; then nothing was stored
 */
export async function storePage(
  db: Database,
  lease: Lease,
  write: WriteRows,
  page: PageToStore,
): Promise<StoredPage> {
  try {
    return await storeRows(db, lease, write, page, true);
  } catch (error) {
    // Another cursor, which reads the span beside this one, stored the same row at the same moment.
    if (!(error instanceof KnownError) || error.sqlState !== uniqueViolation) throw error;
    return storeRows(db, lease, write, page, false);
  }
}

type StoredPage = { readonly fetch: Fetch; readonly counts: PageCounts };

const uniqueViolation = '23505';

async function storeRows(
  db: Database,
  lease: Lease,
  write: WriteRows,
  page: PageToStore,
  mayCopy: boolean,
): Promise<StoredPage> {
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    const { covered } = page;
    const counts = await write(tx, lease.account, page.rows, { covered, mayCopy });
    if (counts.new + counts.changed > 0) await markStaleDays(tx, lease, page.rows);
    const fetch = advance(page, counts);
    const stored = await recordPage(tx, page, fetch);
    if (!stored) {
      // The answer to an earlier COMMIT was lost: the page is stored already, with its counts.
      return { fetch: await reload(tx, fetch), counts: { new: 0, changed: 0, late: 0 } };
    }
    if (page.completes !== undefined) await recordCoverage(tx, lease, page.completes);
    return { fetch, counts };
  });
}

function advance(page: PageToStore, counts: PageCounts): Fetch {
  const { fetch } = page;
  return {
    ...fetch,
    pageSize: page.pageSize,
    cursor: page.nextCursor,
    askedAt: page.askedAt,
    pages: fetch.pages + 1,
    seen: fetch.seen + page.seen,
    new: fetch.new + counts.new,
    changed: fetch.changed + counts.changed,
    late: fetch.late + counts.late,
  };
}

async function recordPage(tx: Queryable, page: PageToStore, next: Fetch): Promise<boolean> {
  const outcome = page.completes === undefined ? (page.splits ? 'split' : null) : 'complete';
  const updated = await tx.query(
    `update zendesk_sync.fetches
     set cursor = $3, page_size = $4, asked_at = $5, pages = $6, rows_seen = $7, rows_new = $8, rows_changed = $9,
       rows_late = $10, outcome = $11::text, ended_at = case when $11::text is not null then now() end
     where id = $1::bigint and pages = $2
     returning 1`,
    [
      next.fetch,
      page.fetch.pages,
      outcome === null ? next.cursor : null,
      next.pageSize,
      fromSeconds(page.askedAt),
      next.pages,
      next.seen,
      next.new,
      next.changed,
      next.late,
      outcome,
    ],
  );
  return updated.length === 1;
}

async function recordCoverage(
  tx: Queryable,
  key: StreamKey,
  completes: NonNullable<PageToStore['completes']>,
): Promise<void> {
  // Two cursors may end neighbouring spans at once; each must see the other's span to join it.
  await tx.query(
    `select 1 from zendesk_sync.streams where account = $1 and stream = $2 for update`,
    [key.account, key.stream],
  );
  for (const span of completes.coverage) await addCoverage(tx, key, span);
  for (const { ageSeconds, span } of completes.rescans) await addRescan(tx, key, ageSeconds, span);
}

async function reload(tx: Queryable, fetch: Fetch): Promise<Fetch> {
  const [row] = await tx.query<Pick<Fetch, 'pages' | 'seen' | 'new' | 'changed' | 'late'>>(
    `select pages, rows_seen::float8 as seen, rows_new::float8 as new, rows_changed::float8 as changed, rows_late::float8 as late
     from zendesk_sync.fetches where id = $1::bigint`,
    [fetch.fetch],
  );
  return { ...fetch, ...row };
}
