import { fromSeconds, type Span } from '../span.ts';
import type { Queryable } from './client.ts';
import type { StreamKey } from './coverage.ts';

/** Why a span is read: the newest; before the log was followed; a gap since then; a covered span again. */
export type FetchKind = 'live' | 'backfill' | 'repair' | 'rescan';

/** The end of a fetch. `split`: too dense, read again in smaller spans. `abandoned`: no longer needed. */
export type FetchOutcome = 'complete' | 'failed' | 'split' | 'abandoned';

/** A fetch as the ledger keeps it: the span, how far it got, and what it found. */
export type Fetch = {
  readonly fetch: string;
  readonly kind: FetchKind;
  readonly span: Span;
  readonly pageSize: number;
  readonly cursor: string | undefined;
  /** When the first page was asked for, whole seconds of the trusted clock; undefined before the first page. */
  readonly askedAt: number | undefined;
  readonly pages: number;
  readonly seen: number;
  readonly new: number;
  readonly changed: number;
  readonly late: number;
  readonly restarted: boolean;
};

type FetchRow = Omit<Fetch, 'span' | 'cursor' | 'askedAt'> & {
  from: number;
  to: number;
  cursor: string | null;
  askedAt: number | null;
};

const columns = `id::text as fetch, kind,
  extract(epoch from span_from)::float8 as from, extract(epoch from span_until)::float8 as to,
  page_size as "pageSize", cursor, extract(epoch from asked_at)::float8 as "askedAt",
  pages, rows_seen::float8 as seen, rows_new::float8 as new, rows_changed::float8 as changed, rows_late::float8 as late,
  restarted`;

/** Records the start of a fetch. */
export async function openFetch(
  db: Queryable,
  { account, stream }: StreamKey,
  kind: FetchKind,
  span: Span,
  pageSize: number,
): Promise<Fetch> {
  const [row] = await db.query<FetchRow>(
    `insert into zendesk_sync.fetches (account, stream, kind, span_from, span_until, page_size)
     values ($1, $2, $3, $4, $5, $6)
     returning ${columns}`,
    [account, stream, kind, fromSeconds(span.from), fromSeconds(span.to), pageSize],
  );
  if (row === undefined) throw new Error('The new fetch was not recorded.');
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

/** Takes up a fetch that had ended or whose process had died. */
export async function reopenFetch(db: Queryable, fetch: string): Promise<void> {
  await db.query(
    `update zendesk_sync.fetches set ended_at = null, outcome = null, error = null where id = $1::bigint`,
    [fetch],
  );
}

/** Puts a fetch back to the start of its span, after its cursor was refused; this happens once for a fetch. */
export async function restartFetch(db: Queryable, fetch: string): Promise<Fetch> {
  const [row] = await db.query<FetchRow>(
    `update zendesk_sync.fetches set cursor = null, asked_at = null, restarted = true
     where id = $1::bigint
     returning ${columns}`,
    [fetch],
  );
  if (row === undefined) throw new Error(`Fetch ${fetch} is not in the ledger.`);
  return readRow(row);
}

/** Records the end of a fetch that did not complete. A fetch that is not to be resumed loses its cursor. */
export async function closeFetch(
  db: Queryable,
  fetch: string,
  outcome: Exclude<FetchOutcome, 'complete'>,
  details: { error?: string; resumable?: boolean } = {},
): Promise<void> {
  await db.query(
    `update zendesk_sync.fetches
     set ended_at = now(), outcome = $2, error = $3, cursor = case when $4 then cursor end
     where id = $1::bigint`,
    [fetch, outcome, details.error ?? null, details.resumable ?? false],
  );
}

function readRow({ from, to, cursor, askedAt, ...rest }: FetchRow): Fetch {
  return {
    ...rest,
    span: { from, to },
    cursor: cursor ?? undefined,
    askedAt: askedAt ?? undefined,
  };
}
