/** A fetch in the ledger: the reading of one span, with its cursor. Its pages are recorded in `page.ts`. */
import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import { fromSeconds, type Span } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { FetchKind } from './events.ts';
import { lostLease, type Lease } from './lease.ts';

/** The end of a fetch. `split`: too dense, read again in smaller spans. `abandoned`: no longer needed. */
type FetchOutcome = 'complete' | 'failed' | 'split' | 'abandoned';

/** A fetch as the ledger keeps it: the span, how far it got, and what it found. */
export type Fetch = {
  readonly fetch: string;
  readonly kind: FetchKind;
  readonly span: Span;
  readonly pageSize: number;
  readonly cursor: string | undefined;
  /** When the first page was asked for, whole seconds of the earliest clock; undefined before the first page. */
  readonly askedAt: number | undefined;
  readonly pages: number;
  readonly seen: number;
  readonly new: number;
  readonly changed: number;
  readonly late: number;
  readonly restarted: boolean;
};

type FetchRow = Omit<Fetch, 'span' | 'cursor' | 'askedAt'> & {
  readonly from: number;
  readonly to: number;
  readonly cursor: string | null;
  readonly askedAt: number | null;
};

const columns = `id::text as fetch, kind,
  extract(epoch from span_from)::float8 as from, extract(epoch from span_until)::float8 as to,
  page_size as "pageSize", cursor, extract(epoch from asked_at)::float8 as "askedAt",
  pages, rows_seen::float8 as seen, rows_new::float8 as new, rows_changed::float8 as changed, rows_late::float8 as late,
  restarted`;

/**
 * The fence of a single statement, as `checkLease` is that of a transaction: no row unless the lease is the newest. A
 * process that has stood still while another took over must not meddle with the fetches of that one.
 */
const heldLease = `with held as (
    select account, stream from zendesk_sync.leases
    where account = $1 and stream = $2 and token = $3::bigint
    for share
  )`;

/** Records the start of a fetch. @throws {KnownError} `lease_lost` when another process has taken over */
export async function openFetch(
  db: Queryable,
  lease: Lease,
  kind: FetchKind,
  span: Span,
  pageSize: number,
): Promise<Fetch> {
  const [row] = await db.query<FetchRow>(
    `${heldLease}
     insert into zendesk_sync.fetches (account, stream, kind, span_from, span_until, page_size)
     select account, stream, $4, $5::timestamptz, $6::timestamptz, $7::integer from held
     returning ${columns}`,
    [
      lease.account,
      lease.stream,
      lease.token,
      kind,
      fromSeconds(span.from),
      fromSeconds(span.to),
      pageSize,
    ],
  );
  if (row === undefined) throw lostLease(lease);
  return readRow(row);
}

/** Fetches that can go on at their cursor: their process died, or they failed. Oldest span first. */
export async function loadResumable(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<Fetch[]> {
  const rows = await db.query<FetchRow>(
    `select ${columns} from zendesk_sync.fetches
     where account = $1 and stream = $2 and (outcome is null or (outcome = 'failed' and cursor is not null))
     order by span_from`,
    [account, stream],
  );
  return rows.map(readRow);
}

/** Takes up a fetch that had ended or whose process had died. @throws {KnownError} `lease_lost` when another process has taken over */
export async function reopenFetch(db: Queryable, lease: Lease, fetch: string): Promise<void> {
  const changes = 'ended_at = null, outcome = null, error = null, error_code = null';
  await updateFetch(db, lease, fetch, changes);
}

/**
 * Puts a fetch back to the start of its span, after its cursor was refused; this happens once for a fetch.
 *
 * @throws {KnownError} `lease_lost` when another process has taken over
 */
export async function restartFetch(db: Queryable, lease: Lease, fetch: string): Promise<Fetch> {
  return updateFetch(db, lease, fetch, 'cursor = null, asked_at = null, restarted = true');
}

/**
 * Records the end of a fetch that did not complete. A fetch that is not to be resumed loses its cursor.
 *
 * @throws {KnownError} `lease_lost` when another process has taken over
 */
export async function closeFetch(
  db: Queryable,
  lease: Lease,
  fetch: string,
  outcome: Exclude<FetchOutcome, 'complete'>,
  details: { code?: ErrorCode; error?: string; resumable?: boolean } = {},
): Promise<void> {
  const changes =
    'ended_at = now(), outcome = $5, error = $6, cursor = case when $7 then cursor end, error_code = $8';
  const values = [outcome, details.error ?? null, details.resumable ?? false, details.code ?? null];
  await updateFetch(db, lease, fetch, changes, values);
}

/** Changes a fetch behind the fence of the lease; `values` are those of the changes, from $5 on. */
async function updateFetch(
  db: Queryable,
  lease: Lease,
  fetch: string,
  changes: string,
  values: readonly unknown[] = [],
): Promise<Fetch> {
  const [row] = await db.query<FetchRow>(
    `${heldLease}
     update zendesk_sync.fetches f set ${changes} from held
     where f.id = $4::bigint and f.account = held.account and f.stream = held.stream
     returning ${columns}`,
    [lease.account, lease.stream, lease.token, fetch, ...values],
  );
  if (row === undefined) throw lostLease(lease);
  return readRow(row);
}

function readRow({ from, to, cursor, askedAt, ...rest }: FetchRow): Fetch {
  return {
    ...rest,
    span: { from, to },
    cursor: cursor ?? undefined,
    askedAt: askedAt ?? undefined,
  };
}
