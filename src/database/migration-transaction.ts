/** The transaction of a migration: one at a time, patient with whoever uses the tables, and not in their way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../errors.ts';
import { idleTransactionLimit, type Queryable } from './client.ts';
import { translateError } from './connection-errors.ts';
import { prepareBookkeeping } from './migrations.ts';
import { endReaders, explainObstruction } from './obstruction.ts';
import { sqlstates } from './sqlstates.ts';

/** What to do while others are in the way. */
export type MigrationWait = {
  /** Is told in a sentence what is waited for, once for each such sentence. Default: nobody is. */
  readonly report?: (sentence: string) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** How long readers may be in the way before their transactions are ended. Default: a minute. */
  readonly readersMs?: number;
};

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
const usualReadersMs = 60_000;

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
  // Reading committed: what is pending is asked again when the lock is held.
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
 * Waits for its turn: for the lock of a table on which nobody but the owner has rights, while anybody may hold an advisory
 * lock for as long as he likes. Where there is no such table yet, others wait until it is made.
 */
async function takeTurn(tx: Queryable): Promise<void> {
  await tx.query('savepoint turn');
  while (!(await makeBookkeeping(tx))) await tx.query('rollback to savepoint turn');
  await tx.query('lock table drizzle.__drizzle_migrations in exclusive mode');
}

/** False when another process has made it while this one waited for the name. */
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
