/** A fetch in the ledger: the reading of one span, with its cursor. `page.ts` records its pages. */
import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import { randomUUID } from 'node:crypto';
import { fromSeconds, type Span, type Spans } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { FetchKind } from './events.ts';
import { explainLoss, isHeld, valuesOf, type Lease } from './lease.ts';

/** The end of a fetch. `split`: too dense, read again in smaller spans. `abandoned`: no longer needed. */
type FetchOutcome = 'complete' | 'failed' | 'split' | 'abandoned';

/** A fetch in the ledger: the span, its progress, and what it found. */
export type Fetch = {
  readonly fetch: string;
  readonly kind: FetchKind;
  readonly span: Span;
  readonly pageSize: number;
  readonly cursor: string | undefined;
  /** When the first page was requested, whole seconds of the earliest clock; undefined before the first page. */
  readonly askedAt: number | undefined;
  readonly pages: number;
  readonly seen: number;
  readonly new: number;
  readonly changed: number;
  readonly late: number;
  readonly restarted: boolean;
  /** The age at which its span is read again; undefined unless it is a rescan. */
  readonly rescanAgeSeconds: number | undefined;
  /**
   * A random value of its reader: a row with this mark is the one that this reader has written, in this history of the
   * database.
   */
  readonly mark: string;
};

/** A fetch that may be read, and what was covered when it was recorded: a new row in there is late. */
export type OpenFetch = { readonly fetch: Fetch; readonly covered: Spans };

/** A fetch to begin. */
type NewFetch = Pick<Fetch, 'kind' | 'span' | 'pageSize'> & {
  readonly rescanAgeSeconds?: number | undefined;
};

type FetchRow = Omit<Fetch, 'span' | 'cursor' | 'askedAt' | 'rescanAgeSeconds'> & {
  readonly from: number;
  readonly to: number;
  readonly cursor: string | null;
  readonly askedAt: number | null;
  readonly rescanAgeSeconds: number | null;
};

type OpenFetchRow = FetchRow & { readonly covered: Spans };

const columns = `id::text as fetch, kind,
  extract(epoch from span_from)::float8 as from, extract(epoch from span_until)::float8 as to,
  page_size as "pageSize", cursor, extract(epoch from asked_at)::float8 as "askedAt",
  pages, rows_seen::float8 as seen, rows_new::float8 as new, rows_changed::float8 as changed, rows_late::float8 as late,
  restarted, mark::text as mark, rescan_age_seconds as "rescanAgeSeconds"`;

/** In the same statement that records the start, so that both are from the same history of the database. */
const coveredThen = `(select coalesce(
    json_agg(json_build_object('from', extract(epoch from covered_from), 'to', extract(epoch from covered_until)) order by covered_from),
    '[]'
  ) from zendesk_sync.coverage where account = $1 and stream = $2) as covered`;

/**
 * The fence for a single statement, as `checkLease` is for a transaction: no row unless the lease is the newest. A process
 * that was frozen while another took over must not change the other's fetches.
 */
const heldLease = `with held as (select account, stream, now() as at from zendesk_sync.leases where ${isHeld} for share)`;

/**
 * Records the start of a fetch, once: the statement is repeated when its answer was lost, and finds the fetch by its mark.
 *
 * @throws {KnownError} `lease_lost` or `history_changed` when the lease is no longer held
 */
export async function openFetch(
  db: Queryable,
  lease: Lease,
  { kind, span, pageSize, rescanAgeSeconds }: NewFetch,
): Promise<OpenFetch> {
  const [row] = await db.query<OpenFetchRow>(
    `${heldLease},
     repeated as (select f.* from zendesk_sync.fetches f join held using (account, stream)
     where f.outcome is null and f.mark = $9::uuid),
     opened as (insert into zendesk_sync.fetches (account, stream, kind, span_from, span_until, page_size, mark, rescan_age_seconds)
     select account, stream, $5, $6::timestamptz, $7::timestamptz, $8::integer, $9::uuid, $10::integer from held
     where not exists (select from repeated)
     returning *)
     select ${columns}, ${coveredThen} from (table repeated union all table opened) as f`,
    [
      ...valuesOf(lease),
      kind,
      fromSeconds(span.from),
      fromSeconds(span.to),
      pageSize,
      randomUUID(),
      rescanAgeSeconds ?? null,
    ],
  );
  if (row === undefined) throw await explainLoss(db, lease);
  return readOpen(row);
}

/** Fetches that can continue at their cursor: their process died, or they failed. Oldest span first. */
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

/**
 * Continues a fetch that had ended or whose process had died, from its state in the database. From now on it has another
 * mark: a page that its previous reader is still storing will be refused.
 *
 * @throws {KnownError} `lease_lost` or `history_changed` when it is no longer available
 */
export async function reopenFetch(db: Queryable, lease: Lease, fetch: Fetch): Promise<OpenFetch> {
  const changes = 'ended_at = null, outcome = null, error = null, error_code = null';
  return updateFetch(db, lease, fetch, { changes, mark: randomUUID() });
}

/**
 * Sets a fetch back to the start of its span, after its cursor was refused; this happens only once for a fetch.
 *
 * @throws {KnownError} `lease_lost` or `history_changed` when it is no longer available
 */
export async function restartFetch(db: Queryable, lease: Lease, fetch: Fetch): Promise<Fetch> {
  const changes = 'cursor = null, asked_at = null, restarted = true';
  const restarted = await updateFetch(db, lease, fetch, { changes });
  return restarted.fetch;
}

/**
 * Records the end of a fetch that did not complete. A fetch that must not be resumed loses its cursor.
 *
 * @throws {KnownError} `lease_lost` or `history_changed` when it is no longer available
 */
export async function closeFetch(
  db: Queryable,
  lease: Lease,
  fetch: Fetch,
  outcome: Exclude<FetchOutcome, 'complete'>,
  details: { code?: ErrorCode; error?: string; resumable?: boolean; pageSize?: number } = {},
): Promise<void> {
  const changes = `ended_at = held.at, outcome = $8, error = $9, cursor = case when $10 then cursor end, error_code = $11,
      page_size = coalesce($12::integer, page_size)`;
  const { error = null, resumable = false, code = null, pageSize = null } = details;
  await updateFetch(db, lease, fetch, {
    changes,
    values: [outcome, error, resumable, code, pageSize],
  });
}

/** A change of a fetch: its new values, its parameters from $8 on, and the mark of its next reader. */
type FetchChange = {
  readonly changes: string;
  readonly values?: readonly unknown[];
  /** Default: the reader stays. */
  readonly mark?: string;
};

/** Changes a fetch after the fence of the lease, unless its number now belongs to another fetch. Can be repeated. */
async function updateFetch(
  db: Queryable,
  lease: Lease,
  fetch: Fetch,
  { changes, values = [], mark = fetch.mark }: FetchChange,
): Promise<OpenFetch> {
  const [row] = await db.query<OpenFetchRow>(
    `${heldLease},
     changed as (update zendesk_sync.fetches f set mark = $7::uuid, ${changes} from held
     where f.account = $1 and f.id = $5::bigint and f.stream = held.stream
       and f.mark in ($6::uuid, $7::uuid)
     returning f.*)
     select ${columns}, ${coveredThen} from changed`,
    [...valuesOf(lease), fetch.fetch, fetch.mark, mark, ...values],
  );
  if (row === undefined) throw await explainLoss(db, lease);
  return readOpen(row);
}

function readOpen({ covered, ...row }: OpenFetchRow): OpenFetch {
  return { fetch: readRow(row), covered };
}

function readRow({ from, to, cursor, askedAt, rescanAgeSeconds, ...rest }: FetchRow): Fetch {
  return {
    ...rest,
    span: { from, to },
    cursor: cursor ?? undefined,
    askedAt: askedAt ?? undefined,
    rescanAgeSeconds: rescanAgeSeconds ?? undefined,
  };
}
