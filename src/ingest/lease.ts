/** The lease of a stream in Postgres: who may pull it, the fence for what its holder writes, and abandoned work. */
import { randomUUID } from 'node:crypto';
import type { Statement } from '../database/batch.ts';
import { idleTransactionLimit, type Queryable, type Transaction } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import type { StreamKey } from './coverage.ts';
import { countsItself } from './own-counts.ts';

/**
 * The right to pull one stream of one account, until it expires or somebody with a greater token takes over. The mark
 * distinguishes it from one with the same token in another history of the database.
 */
export type Lease = StreamKey & {
  readonly holder: string;
  readonly token: string;
  readonly mark: string;
};

/** Who holds the lease if it could not be taken, and for how much longer unless it is renewed. */
type LeaseHolder = { readonly holder: string; readonly expiresInMs: number };

/**
 * Takes the lease if nobody holds it or it has expired. The database's clock decides, so the clocks of the processes do not
 * matter. Each new holder gets a greater token.
 *
 * Never waits: while a page of the previous holder is being stored, an expired lease is not available, and `expiresInMs` is
 * 0. If that page is stalled, it is ended now, so that asking again succeeds within about 10 seconds.
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
      randomUUID(),
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
 * Far longer than any process requests. A lease with a later end was recorded before the database's clock was set back: its
 * holder renews it within seconds if it is alive; otherwise nobody could take it until the old time is reached again.
 */
const longestLease = '120 seconds';

function isFree(expiresAt: string): string {
  return `(${expiresAt} <= clock_timestamp() or ${expiresAt} > clock_timestamp() + interval '${longestLease}')`;
}

// `skip locked`, because waiting for the previous holder's page would use a connection that could be needed to end it: a
// pooler may have few. The mark is this one when the answer to the same statement was lost.
const take = `with free as (
    select account, stream, clock_timestamp() + make_interval(secs => $4::float8 / 1000) as until from zendesk_sync.leases
    where account = $1 and stream = $2 and (${isFree('expires_at')} or mark = $5::uuid)
    for update skip locked
  )
  update zendesk_sync.leases l
  set holder = $3, token = l.token + 1, mark = $5::uuid, steps = 0,
    expires_at = free.until
  from free
  where l.account = free.account and l.stream = free.stream
  returning l.token::text as token, l.mark::text as mark`;

const look = `select holder,
    greatest(0, extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as "expiresInMs"
  from zendesk_sync.leases
  where account = $1 and stream = $2`;

/**
 * A process that is frozen in the middle of COPY, or of several statements that it sends at once, keeps its transaction open:
 * no timeout of Postgres ends a server process that waits for the rest. This statement does, after the same time as for any
 * other idle transaction. It only ends transactions that hold a row of the leases or of the classifications: the same user
 * may be loading something else by hand.
 */
async function endStalledCopies(db: Queryable): Promise<void> {
  await db.query(
    `select pg_terminate_backend(a.pid)
     from pg_locks l
     join pg_database d on d.oid = l.database and d.datname = current_database()
     join pg_stat_activity a on a.pid = l.pid
     where l.relation in ('zendesk_sync.leases'::regclass, 'zendesk_sync.classifications'::regclass)
       and l.mode = 'RowShareLock' and l.granted
       and a.usename = current_user and a.state = 'active' and a.wait_event = 'ClientRead'
       and a.query_start < clock_timestamp() - $1::interval`,
    [idleTransactionLimit],
  );
}

/** Work that processes have abandoned on this database. */
export type AbandonedWork = {
  /** Whether work on the stream was begun, is not finished, and no process is doing it. */
  includes(key: StreamKey): Promise<boolean>;
};

/** All streams of a process ask at about the same moment: one answer serves all of them. */
const freshMs = 1000;

/** Creates the check that the streams of one process share. */
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
 * The streams of all accounts with work that was begun, is not finished, and that no process is doing: its process died, is
 * frozen or was stopped. They stay until the work is done.
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

/** The condition that a row of the leases is this lease; `valuesOf` gives its first values. */
export const isHeld = 'account = $1 and stream = $2 and token = $3::bigint and mark = $4::uuid';

/** The values of `isHeld`. */
export function valuesOf({ account, stream, token, mark }: Lease): readonly string[] {
  return [account, stream, token, mark];
}

/** Extends the lease. @throws {KnownError} `lease_lost` or `history_changed` when it is no longer held */
export async function renewLease(db: Queryable, lease: Lease, lifetimeMs: number): Promise<void> {
  const renewed = await db.query(
    // It lasts from the moment when a page that is being stored has let go of it.
    `with held as materialized (select account, stream from zendesk_sync.leases where ${isHeld} for no key update),
     clock as materialized (select *, clock_timestamp() + make_interval(secs => $5::float8 / 1000) as until from held)
     update zendesk_sync.leases set expires_at = clock.until from clock
     where leases.account = clock.account and leases.stream = clock.stream
     returning 1`,
    [...valuesOf(lease), lifetimeMs],
  );
  if (renewed.length === 0) throw await explainLoss(db, lease);
}

/** Releases the lease, so that another process may take it at once. Does nothing if it was lost. */
export async function releaseLease(db: Queryable, lease: Lease): Promise<void> {
  await db.query(
    `update zendesk_sync.leases set expires_at = clock.at from (select clock_timestamp() as at) as clock where ${isHeld}`,
    valuesOf(lease),
  );
}

/**
 * The fence: makes a transaction fail unless its lease is the newest, and delays a takeover until the transaction has ended.
 * It also declares that the transaction counts its rows. An expired lease is fine here: nobody has taken it.
 *
 * @param questions statements that are sent along, behind the fence
 * @throws {KnownError} `lease_lost` or `history_changed` when it is no longer held
 */
export async function checkLease(
  tx: Pick<Transaction, 'query' | 'queryAll'>,
  lease: Lease,
  questions: readonly Statement[] = [],
): Promise<Fenced> {
  const fence = {
    text: `select now()::text as "startedAt", ${countsItself} from zendesk_sync.leases where ${isHeld} for share`,
    values: valuesOf(lease),
  };
  const [held = [], ...answers] = await tx.queryAll([fence, ...questions]);
  const [found] = held as readonly Pick<Fenced, 'startedAt'>[];
  if (found === undefined) throw await explainLoss(tx, lease);
  return { startedAt: found.startedAt, answers };
}

/** When a transaction began, by the database's clock, and the answers to what was asked with its fence. */
type Fenced = { readonly startedAt: string; readonly answers: readonly unknown[][] };

/**
 * The fence of a listing, whose pages come one after the other: it also counts them, so that a page is stored only if those
 * before it are stored.
 *
 * @param steps how many pages were stored before this one
 * @throws {KnownError} `lease_lost` or `history_changed` when it is no longer held, or has another count of pages
 */
export async function advanceLease(tx: Queryable, lease: Lease, steps: number): Promise<void> {
  const advanced = await tx.query(
    // Already one more: the answer to an earlier COMMIT was lost.
    `update zendesk_sync.leases set steps = $5::integer + 1
     where ${isHeld} and steps in ($5::integer, $5::integer + 1)
     returning 1`,
    [...valuesOf(lease), steps],
  );
  if (advanced.length === 0) throw await explainLoss(tx, lease);
}

/**
 * Why a statement of the holder found nothing. In one history tokens only grow: a greater one means that another process
 * took the lease; if there is none, the database has lost the moment when this one was taken, or what was stored since.
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

/** The error for a database that has lost stored rows, so that what the process remembers of it is not valid. */
export function changedHistory({ account, stream }: StreamKey): KnownError {
  return new KnownError('history_changed', {
    found: `The database no longer has something that was stored for ${stream} of ${account}: it went back to an earlier state, for example after a failover to a replica that lacked the last transactions, or a restore`,
    wayOut: 'The program reads again what was lost',
  });
}
