/** The transaction of a migration: one at a time, patient with whoever uses the tables, and not in their way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../errors.ts';
import { idleTransactionLimit, type Queryable } from './client.ts';
import { translateError } from './connection-errors.ts';
import { sqlstates } from './sqlstates.ts';

/** All schemas of this program. */
export const ownSchemas = ['drizzle', 'zendesk', 'zendesk_fivetran', 'zendesk_sync'] as const;

/** What to do while others are in the way. */
export type MigrationWait = {
  /** Is told in a sentence what is waited for, once for each such sentence. Default: nobody is. */
  readonly report?: (sentence: string) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
};

/** Any number that no other program on the database is likely to use: the letters "zls". */
const advisoryLock = 0x7a6c73;
/**
 * How long a statement waits for a lock before all is undone and tried again. Everybody who wants the same table queues up
 * behind a statement that waits, so this is also for how long a migration keeps them from their work.
 */
const lockTimeoutMs = 3_000;
/** How long it waits for another migration, which is usual and in nobody's way, before it says so. */
const turnTimeoutMs = 10_000;
/** Between two tries the others get on with their work. */
const pauseMs = 2_000;
/** After that the operator is asked to act. */
const patienceMs = 300_000;

/** What a role or a database may have set and a migration cannot rely on. The names that this server knows are set. */
const settings: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  default_table_access_method: 'heap',
  default_tablespace: '',
  idle_in_transaction_session_timeout: idleTransactionLimit,
  lock_timeout: String(turnTimeoutMs),
  quote_all_identifiers: 'off',
  search_path: 'pg_catalog',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  transaction_timeout: '0',
};

/**
 * Runs `work` in one transaction under a lock that holds to its end: of the transaction, because a pooler could keep the
 * session, and with it a lock of the session, for ever. What meets the locks of others is undone and tried again.
 *
 * @throws {KnownError} `migration_blocked`, which names who is in the way, after five minutes or at the signal
 */
export async function runExclusively<T>(
  db: Queryable,
  work: (tx: Queryable) => Promise<T>,
  { report = () => {}, signal }: MigrationWait,
): Promise<T> {
  const giveUpAtMs = performance.now() + patienceMs;
  let reported: string | undefined;
  for (;;) {
    try {
      return await runOnce(db, work);
    } catch (error) {
      const translated = translateError(error);
      if (!(translated instanceof KnownError) || !isObstructed(translated)) throw translated;
      const blocked = await explainObstruction(db, translated);
      if (signal?.aborted === true || performance.now() > giveUpAtMs) throw blocked;
      if (blocked.message !== reported) report(blocked.message);
      reported = blocked.message;
    }
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

async function runOnce<T>(db: Queryable, work: (tx: Queryable) => Promise<T>): Promise<T> {
  // Reading committed: what is pending is asked again when the lock is held.
  await db.query('begin isolation level read committed read write');
  try {
    await db.query(
      `select set_config(s.name, wanted.value, true)
       from json_each_text($1) as wanted (name, value) join pg_settings s using (name)`,
      [JSON.stringify(settings)],
    );
    await db.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    await db.query(`set local lock_timeout = ${lockTimeoutMs}`);
    const result = await work(db);
    await db.query('commit');
    return result;
  } catch (error) {
    await db.query('rollback').catch(() => {});
    throw error;
  }
}

function isObstructed({ sqlState }: KnownError): boolean {
  return sqlState === sqlstates.lockNotAvailable || sqlState === sqlstates.deadlockDetected;
}

type Holder = {
  readonly pid: number;
  readonly user_name: string | null;
  readonly application: string | null;
  /** Null where the connected user may not see it. */
  readonly since: string | null;
  readonly is_migrating: boolean;
};

/** Who is in the way, as far as can be told afterwards: who holds the lock of migrations, else who has used our tables for longest. */
async function explainObstruction(
  db: Queryable,
  { sqlState, cause }: KnownError,
): Promise<KnownError> {
  const holders = await db.query<Holder>(
    `select l.pid, a.usename as user_name, nullif(a.application_name, '') as application,
       to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       bool_or(l.locktype = 'advisory') as is_migrating
     from pg_locks l
     join pg_stat_activity a using (pid)
     where l.granted and l.pid <> pg_backend_pid()
       and l.database = (select oid from pg_database where datname = current_database())
       and (
         l.locktype = 'advisory' and (l.classid, l.objid, l.objsubid) = (0, $1, 1)
         or l.locktype = 'relation' and l.relation in (
           select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any ($2)
         )
       )
     group by l.pid, a.usename, a.application_name, a.xact_start
     order by is_migrating desc, a.xact_start
     limit 3`,
    [advisoryLock, ownSchemas],
  );
  return new KnownError('migration_blocked', { ...describeHolders(holders), sqlState, cause });
}

function describeHolders(holders: readonly Holder[]): { found: string; wayOut: string } {
  const [first] = holders;
  if (first === undefined)
    return {
      found: 'The migration waited for locks of others, which are gone now',
      wayOut: 'run "migrate"',
    };
  if (first.is_migrating)
    return {
      found: `Another process is migrating the database: ${describeHolder(first)}`,
      wayOut: 'Wait for its end, then run "migrate"',
    };
  return {
    found: `The migration waits for locks on its tables, which may be held by ${holders.map(describeHolder).join(' or by ')}`,
    wayOut: `Let that end, or run "select pg_terminate_backend(${first.pid});", then run "migrate"`,
  };
}

function describeHolder({ pid, user_name: user, application, since }: Holder): string {
  const details = [
    ...(user === null ? [] : [`user ${user}`]),
    ...(application === null ? [] : [application]),
    ...(since === null ? [] : [`in a transaction since ${since}`]),
  ];
  return `process ${pid}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}
