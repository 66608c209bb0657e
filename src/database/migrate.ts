import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { KnownError } from '../errors.ts';
import type { Queryable } from './client.ts';
import { translateError } from './connection-errors.ts';

/** The reviewed SQL beside `src` or `dist`. */
const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Any number that no other program on the database is likely to use: the letters "zls". */
const advisoryLock = 0x7a6c73;

type Journal = { entries: { when: number; tag: string }[] };

/**
 * Brings the database to the schema of this program.
 *
 * drizzle's migrator takes no lock, so one is taken here: any number of processes may start at once, also through a pooler.
 * drizzle-orm takes 130 MB of memory when it is loaded (measured, docs/decisions.md), so it is loaded only when there is
 * something to do.
 *
 * @returns the names of the migrations applied now, oldest first
 * @throws {KnownError} `database_unsuitable`, or `database_newer` for one that a newer program
 *   has migrated already
 */
export async function migrateDatabase(url: string): Promise<{ applied: string[] }> {
  const client = new Client({
    connectionString: url,
    application_name: 'zendesk-log-sync migrate',
    connectionTimeoutMillis: 7_500,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const db: Queryable = {
      query: async <Row>(text: string, values: readonly unknown[] = []) =>
        (await client.query(text, [...values])).rows as Row[],
    };
    await checkServer(client);
    if ((await findPending(db)).length === 0) return { applied: [] };
    // Ends with the transaction: a pooler could keep the session, and with it a lock of the session, for ever.
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    const pending = await findPending(db);
    if (pending.length > 0) {
      const { drizzle } = await import('drizzle-orm/node-postgres');
      const { migrate } = await import('drizzle-orm/node-postgres/migrator');
      // Its own `begin` finds the transaction open and only warns; its `commit` ends it.
      await migrate(drizzle({ client }), { migrationsFolder });
    }
    await client.query('commit');
    return { applied: pending };
  } catch (error) {
    // drizzle wraps the driver's error into one that repeats the statement.
    throw translateError(
      error instanceof Error && error.cause instanceof Error ? error.cause : error,
    );
  } finally {
    await client.end().catch(() => {});
  }
}

/** @throws {KnownError} `database_unsuitable` for a server that this program cannot work with */
async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: string; number: number; encoding: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
       current_setting('server_encoding') as encoding`,
  );
  const problems = rows.flatMap(({ version, number, encoding }) => [
    ...(number < 150_000
      ? [
          `The Postgres server is version ${version}; expected 15 to 18; point DATABASE_URL to a newer server.`,
        ]
      : []),
    ...(encoding === 'UTF8'
      ? []
      : [
          `The database has the encoding ${encoding}; expected UTF8; create a database with that encoding.`,
        ]),
  ]);
  if (problems.length > 0) throw new KnownError('database_unsuitable', problems);
}

/**
 * The names of the migrations that the database lacks, oldest first.
 *
 * @throws {KnownError} `database_newer` when the database has migrations that this program does not know
 */
export async function findPending(db: Queryable): Promise<string[]> {
  const { entries } = JSON.parse(
    await readFile(`${migrationsFolder}/meta/_journal.json`, 'utf8'),
  ) as Journal;
  // Not to_regclass(): within a transaction it does not see a table that another process has made meanwhile.
  const tables = await db.query<{ present: boolean }>(
    `select exists (
       select from pg_tables where schemaname = 'drizzle' and tablename = '__drizzle_migrations'
     ) as present`,
  );
  if (tables[0]?.present !== true) return entries.map((entry) => entry.tag);
  const newestKnown = Math.max(...entries.map((entry) => entry.when));
  const rows = await db.query<{ newest: string | null; unknown: number }>(
    `select max(created_at) as newest, (count(*) filter (where created_at > $1))::integer as unknown
     from drizzle.__drizzle_migrations`,
    [newestKnown],
  );
  const { newest, unknown } = rows[0] ?? { newest: null, unknown: 0 };
  if (unknown > 0) throw refuseNewer(unknown);
  return entries.filter((entry) => entry.when > Number(newest ?? 0)).map((entry) => entry.tag);
}

// Writing by the rules of an older schema could spoil what the newer one promises.
function refuseNewer(unknown: number): KnownError {
  const migrations = unknown === 1 ? '1 migration' : `${unknown} migrations`;
  return new KnownError('database_newer', {
    found: `The database was migrated by a newer version of this program (${migrations} unknown here)`,
    wayOut: 'start that version, or restore a backup from before the upgrade',
  });
}
