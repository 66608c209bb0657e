/** The transaction of a migration: only one at a time; it waits for other users of the tables without blocking them for long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../errors.ts';
import { idleTransactionLimit, type Queryable } from './client.ts';
import { translateError } from './connection-errors.ts';
import { prepareBookkeeping } from './migrations.ts';
import { endReaders, explainObstruction } from './obstruction.ts';
import { sqlstates } from './sqlstates.ts';

/** What to do while others block the migration. */
export type MigrationWait = {
  /** Called with a sentence about the reason of the wait, once for each sentence. Default: none. */
  readonly report?: (sentence: string) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** How long readers may block it before their transactions are ended. Default: a minute. */
  readonly readersMs?: number;
};

/**
 * How long a statement waits for a lock before everything is undone and tried again. All queries on the same table wait
 * behind a waiting statement, so this is also how long a migration blocks them.
 */
const lockTimeoutMs = 3_000;
/** How long it waits for another migration, which is normal and blocks nobody, before it reports the wait. */
const turnTimeoutMs = 10_000;
/** Between two tries the others can continue their work. */
const pauseMs = 2_000;
/** After this the operator must act. */
const patienceMs = 300_000;
const usualReadersMs = 60_000;

/** Settings that a role or a database may have changed and that a migration needs. Those that this server knows are set. */
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
 * Runs `work` in one transaction under a lock that lasts until its end: a lock of the transaction, because a pooler could
 * keep the session, and with it a lock of the session, permanently. If it is blocked by locks of others, it is undone and
 * tried again.
 *
 * @throws {KnownError} `migration_blocked`, which names the blocking sessions, after five minutes or at the signal
 */
export async function runExclusively<T>(
  db: Queryable,
  work: (tx: Queryable) => Promise<T>,
  { report = () => {}, signal, readersMs = usualReadersMs }: MigrationWait,
): Promise<T> {
  const startedAtMs = performance.now();
  let reported: string | undefined;
  for (;;) {
    try {
      return await runOnce(db, work);
    } catch (error) {
      const translated = translateError(error);
      if (!(translated instanceof KnownError) || !isObstructed(translated)) throw translated;
      const blocked = await explainObstruction(db, translated);
      const waitedMs = performance.now() - startedAtMs;
      if (signal?.aborted === true || waitedMs > patienceMs) throw blocked;
      if (blocked.message !== reported) report(blocked.message);
      reported = blocked.message;
      if (waitedMs > readersMs)
        for (const sentence of await endReaders(db, readersMs)) report(sentence);
    }
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

async function runOnce<T>(db: Queryable, work: (tx: Queryable) => Promise<T>): Promise<T> {
  // Read committed: the pending migrations are read again once the lock is held.
  await db.query('begin isolation level read committed read write');
  try {
    await db.query(
      `select set_config(s.name, wanted.value, true)
       from json_each_text($1) as wanted (name, value) join pg_settings s using (name)`,
      [JSON.stringify(settings)],
    );
    await takeTurn(db);
    await db.query(`set local lock_timeout = ${lockTimeoutMs}`);
    const result = await work(db);
    await db.query('commit');
    return result;
  } catch (error) {
    await db.query('rollback').catch(() => {});
    throw error;
  }
}

/**
 * Waits for its turn, with the lock of a table on which only the owner has rights; anybody could hold an advisory lock
 * permanently. If there is no such table yet, others wait until it is created.
 */
async function takeTurn(tx: Queryable): Promise<void> {
  await tx.query('savepoint turn');
  while (!(await makeBookkeeping(tx))) await tx.query('rollback to savepoint turn');
  await tx.query('lock table drizzle.__drizzle_migrations in exclusive mode');
}

/** False if another process has created it while this one waited for the name. */
async function makeBookkeeping(tx: Queryable): Promise<boolean> {
  try {
    await prepareBookkeeping(tx);
    return true;
  } catch (error) {
    const translated = translateError(error);
    const sqlState = translated instanceof KnownError ? translated.sqlState : undefined;
    const { uniqueViolation, duplicateSchema, duplicateTable } = sqlstates;
    if (![uniqueViolation, duplicateSchema, duplicateTable].some((each) => each === sqlState))
      throw translated;
    return false;
  }
}

function isObstructed({ sqlState }: KnownError): boolean {
  return sqlState === sqlstates.lockNotAvailable || sqlState === sqlstates.deadlockDetected;
}
