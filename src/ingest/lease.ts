/** The lease of a stream in Postgres: who may pull it, the fence around what its holder writes, and work left behind. */
import { idleTransactionLimit, type Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import type { StreamKey } from './coverage.ts';
import { countsItself } from './own-counts.ts';

/**
 * The right to pull one stream of one account, until it expires or somebody with a greater token takes over. The mark tells
 * it from one with the same token in another history of the database.
 */
export type Lease = StreamKey & {
  readonly holder: string;
  readonly token: string;
  readonly mark: string;
};

/** Who has the lease, when it could not be had, and for how much longer unless it is renewed. */
type LeaseHolder = { readonly holder: string; readonly expiresInMs: number };

/**
 * Takes the lease if nobody holds it or it has expired. The database's clock decides, so that the clocks of the
 * processes do not matter. Each taking makes a greater token.
 *
 * Never waits: while a page of the former holder is being stored, an expired lease cannot be had, and `expiresInMs` is 0.
 * A page that stands still is ended on that occasion, so that asking again succeeds within about 10 seconds.
 */
export async function acquireLease(
  db: Queryable,
  key: StreamKey,
  holder: string,
  lifetimeMs: number,
): Promise<Lease | LeaseHolder> {
  const { account, stream } = key;
  for (;;) {
    const [taken] = await db.query<Pick<Lease, 'token' | 'mark'>>(take, [
      account,
      stream,
      holder,
      lifetimeMs,
    ]);
    if (taken !== undefined) return { account, stream, holder, ...taken };
    const [other] = await db.query<LeaseHolder>(look, [account, stream]);
    if (other !== undefined) {
      if (other.expiresInMs === 0) await endStalledCopies(db);
      return other;
    }
    await db.query(
      `insert into zendesk_sync.leases (account, stream, holder, token, expires_at)
       values ($1, $2, $3, 0, clock_timestamp())
       on conflict do nothing`,
      [account, stream, holder],
    );
  }
}

/**
 * Far more than any process asks for at once. A lease that has longer to go was noted before the database's clock was set
 * back: its holder renews it within seconds if it lives, and else nobody could have it until the old time comes again.
 */
const longestLease = '120 seconds';

function isFree(expiresAt: string): string {
  return `(${expiresAt} <= clock_timestamp() or ${expiresAt} > clock_timestamp() + interval '${longestLease}')`;
}

// `skip locked`, because waiting for the former holder's page would take a connection from whoever could end it: a pooler
// may have few.
const take = `with free as (
    select account, stream from zendesk_sync.leases
    where account = $1 and stream = $2 and ${isFree('expires_at')}
    for update skip locked
  )
  update zendesk_sync.leases l
  set holder = $3, token = l.token + 1, mark = gen_random_uuid(), steps = 0,
    expires_at = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
  from free
  where l.account = free.account and l.stream = free.stream
  returning l.token::text as token, l.mark::text as mark`;

const look = `select holder,
    greatest(0, extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as "expiresInMs"
  from zendesk_sync.leases
  where account = $1 and stream = $2`;

/**
 * A process that stands still in the middle of COPY keeps its transaction open: no timeout of Postgres ends a server
 * that waits for the rest of a COPY. What is here does, after the time that ends any other transaction at rest. Only
 * transactions that hold a row of the leases or of the classifications are ended: the same user may be loading something
 * else by hand.
 */
async function endStalledCopies(db: Queryable): Promise<void> {
  await db.query(
    `select pg_terminate_backend(a.pid)
     from pg_locks l
     join pg_database d on d.oid = l.database and d.datname = current_database()
     join pg_stat_activity a on a.pid = l.pid
     where l.relation in ('zendesk_sync.leases'::regclass, 'zendesk_sync.classifications'::regclass)
       and l.mode = 'RowShareLock' and l.granted
       and a.usename = current_user and a.state = 'active' and a.wait_event = 'ClientRead' and a.query ilike 'copy %'
       and a.query_start < clock_timestamp() - $1::interval`,
    [idleTransactionLimit],
  );
}

/** What processes have left behind on this database. */
export type AbandonedWork = {
  /** Whether work on the stream was begun, is not finished, and nobody is at it. */
  includes(key: StreamKey): Promise<boolean>;
};

/** All streams of a process ask at about the same moment: one answer is for all of them. */
const freshMs = 1000;

/** Creates what the streams of one process ask. */
export function createAbandonedWork(db: Queryable): AbandonedWork {
  let asked: { readonly atMs: number; readonly keys: Promise<readonly StreamKey[]> } | undefined;
  return {
    async includes({ account, stream }) {
      const nowMs = performance.now();
      if (asked === undefined || nowMs - asked.atMs > freshMs)
        asked = { atMs: nowMs, keys: listAbandoned(db) };
      const keys = await asked.keys;
      return keys.some((key) => key.account === account && key.stream === stream);
    },
  };
}

/**
 * The streams of all accounts on which work was begun, is not finished, and nobody is at it: its process died, stands
 * still or was stopped. They stay until somebody has done the work.
 */
async function listAbandoned(db: Queryable): Promise<StreamKey[]> {
  return db.query<StreamKey>(
    `select l.account, l.stream from zendesk_sync.leases l
     where ${isFree('l.expires_at')}
       and exists (
         select from unnest(array['live', 'backfill', 'listing']) as task
         cross join lateral (
           select r.outcome from zendesk_sync.runs r
           where r.account = l.account and r.stream = l.stream and r.task = task
           order by r.id desc
           limit 1
         ) as last
         where last.outcome is null or last.outcome = 'interrupted'
       )`,
  );
}

/** The condition that a row of the leases is this lease; `valuesOf` has its first values. */
export const isHeld = 'account = $1 and stream = $2 and token = $3::bigint and mark = $4::uuid';

/** The values of `isHeld`. */
export function valuesOf({ account, stream, token, mark }: Lease): readonly string[] {
  return [account, stream, token, mark];
}

/** Prolongs the lease. @throws {KnownError} `lease_lost` or `history_changed` when it is not held any more */
export async function renewLease(db: Queryable, lease: Lease, lifetimeMs: number): Promise<void> {
  const renewed = await db.query(
    `update zendesk_sync.leases
     set expires_at = clock_timestamp() + make_interval(secs => $5::float8 / 1000)
     where ${isHeld}
     returning 1`,
    [...valuesOf(lease), lifetimeMs],
  );
  if (renewed.length === 0) throw await explainLoss(db, lease);
}

/** Gives the lease back, so that another process may take it at once. Does nothing if it was lost. */
export async function releaseLease(db: Queryable, lease: Lease): Promise<void> {
  await db.query(
    `update zendesk_sync.leases set expires_at = clock_timestamp() where ${isHeld}`,
    valuesOf(lease),
  );
}

/**
 * The fence: makes a transaction fail unless its lease is the newest, and holds any take-over off until it has ended. It
 * also says that the transaction counts its rows. Whether the lease has expired does not matter here: nobody has taken it.
 *
 * @throws {KnownError} `lease_lost` or `history_changed` when it is not held any more
 */
export async function checkLease(tx: Queryable, lease: Lease): Promise<void> {
  const held = await tx.query(
    `select ${countsItself} from zendesk_sync.leases where ${isHeld} for share`,
    valuesOf(lease),
  );
  if (held.length === 0) throw await explainLoss(tx, lease);
}

/**
 * The fence of a listing, whose pages come one after the other: it also counts them, so that a page is stored only where
 * those before it are.
 *
 * @param steps how many pages were stored before this one
 * @throws {KnownError} `lease_lost` or `history_changed` when it is not held any more, or stands elsewhere
 */
export async function advanceLease(tx: Queryable, lease: Lease, steps: number): Promise<void> {
  const advanced = await tx.query(
    // One more already: the answer to an earlier COMMIT was lost.
    `update zendesk_sync.leases set steps = $5::integer + 1
     where ${isHeld} and steps in ($5::integer, $5::integer + 1)
     returning 1`,
    [...valuesOf(lease), steps],
  );
  if (advanced.length === 0) throw await explainLoss(tx, lease);
}

/**
 * Why a statement of the holder found nothing. In one history tokens only grow: a greater one was taken by another
 * process; where there is none, the database has lost the moment at which this one was taken, or what was stored since.
 */
export async function explainLoss(db: Queryable, lease: Lease): Promise<KnownError> {
  const [other] = await db.query(
    `select from zendesk_sync.leases where account = $1 and stream = $2 and token > $3::bigint`,
    [lease.account, lease.stream, lease.token],
  );
  return other === undefined ? changedHistory(lease) : lostLease(lease);
}

/** The error for a lease that another process has taken over. */
function lostLease({ account, stream }: StreamKey): KnownError {
  return new KnownError('lease_lost', {
    found: `Another process has taken over ${stream} of ${account}; this process stored nothing of the current page`,
  });
}

/** The error for a database that has lost what was stored in it, so that what is remembered of it is worth nothing. */
export function changedHistory({ account, stream }: StreamKey): KnownError {
  return new KnownError('history_changed', {
    found: `The database no longer has something that was stored for ${stream} of ${account}: it went back to an earlier state, for example after a failover to a replica that lacked the last transactions, or a restore`,
    wayOut: 'The program reads again what was lost',
  });
}
