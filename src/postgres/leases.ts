import { idleTransactionLimit, type Queryable } from './client.ts';
import type { StreamKey } from './coverage.ts';
import { LeaseLostError } from '../errors.ts';

/** The right to pull one stream of one account, until it expires or somebody with a greater token takes over. */
export type Lease = StreamKey & { readonly holder: string; readonly token: string };

/** Who has the lease, when it could not be had, and for how much longer unless it is renewed. */
export type LeaseHolder = { readonly holder: string; readonly expiresInMs: number };

/**
 * Takes the lease if nobody holds it or it has expired. The database's clock decides, so that the clocks of the
 * processes do not matter. Each taking makes a greater token. Waits for a page's transaction of the former holder to end,
 * about 15 seconds at most: one that stands still is ended.
 */
export async function acquireLease(
  db: Queryable,
  key: StreamKey,
  holder: string,
  lifetimeMs: number,
): Promise<Lease | LeaseHolder> {
  const watch = setInterval(() => void endStalledCopies(db).catch(() => {}), stallCheckMs);
  try {
    return await takeLease(db, key, holder, lifetimeMs);
  } finally {
    clearInterval(watch);
  }
}

const stallCheckMs = 3000;

/**
 * A process that stands still in the middle of COPY keeps its transaction open: no timeout of Postgres ends a server
 * that waits for the rest of a COPY. What is here does, after the time that ends any other transaction at rest.
 */
async function endStalledCopies(db: Queryable): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and usename = current_user and state = 'active' and wait_event = 'ClientRead'
       and query ilike 'copy zendesk.%' and query_start < clock_timestamp() - $1::interval`,
    [idleTransactionLimit],
  );
}

async function takeLease(
  db: Queryable,
  { account, stream }: StreamKey,
  holder: string,
  lifetimeMs: number,
): Promise<Lease | LeaseHolder> {
  const [taken] = await db.query<{ token: string }>(
    `insert into zendesk_sync.leases as l (account, stream, holder, token, expires_at)
     values ($1, $2, $3, 1, clock_timestamp() + make_interval(secs => $4::float8 / 1000))
     on conflict (account, stream) do update
       set holder = excluded.holder, token = l.token + 1, expires_at = excluded.expires_at
       where l.expires_at <= clock_timestamp()
     returning token::text`,
    [account, stream, holder, lifetimeMs],
  );
  if (taken !== undefined) return { account, stream, holder, token: taken.token };
  const [other] = await db.query<LeaseHolder>(
    `select holder, greatest(0, extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as "expiresInMs"
     from zendesk_sync.leases where account = $1 and stream = $2`,
    [account, stream],
  );
  return other ?? { holder: 'another process', expiresInMs: 0 };
}

/** Prolongs the lease. @throws {LeaseLostError} when another process has taken over */
export async function renewLease(db: Queryable, lease: Lease, lifetimeMs: number): Promise<void> {
  const renewed = await db.query(
    `update zendesk_sync.leases
     set expires_at = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
     where account = $1 and stream = $2 and token = $3::bigint
     returning 1`,
    [lease.account, lease.stream, lease.token, lifetimeMs],
  );
  if (renewed.length === 0) throw lostLease(lease);
}

/** Gives the lease back, so that another process may take it at once. Does nothing if it was lost. */
export async function releaseLease(db: Queryable, lease: Lease): Promise<void> {
  await db.query(
    `update zendesk_sync.leases set expires_at = clock_timestamp()
     where account = $1 and stream = $2 and token = $3::bigint`,
    [lease.account, lease.stream, lease.token],
  );
}

/**
 * The fence: makes a transaction fail unless its lease is the newest, and holds any take-over off until it has ended.
 * Whether the lease has expired does not matter here: nobody has taken it.
 *
 * @throws {LeaseLostError} when another process has taken over
 */
export async function checkLease(tx: Queryable, lease: Lease): Promise<void> {
  const held = await tx.query(
    `select 1 from zendesk_sync.leases
     where account = $1 and stream = $2 and token = $3::bigint
     for share`,
    [lease.account, lease.stream, lease.token],
  );
  if (held.length === 0) throw lostLease(lease);
}

/** The error for a lease that another process has taken over. */
export function lostLease({ account, stream }: StreamKey): LeaseLostError {
  return new LeaseLostError(
    `Another process has taken over ${stream} of ${account}; nothing of the current page was stored here.`,
  );
}
