import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { InputError } from '../errors.ts';
import { translateError } from './connection-errors.ts';

/** The reviewed SQL beside `src` or `dist`. */
const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Any number that no other program on the database is likely to use: the letters "zls". */
const advisoryLock = 0x7a6c73;

type Journal = { entries: { when: number; tag: string }[] };

/**
 * Brings the database to the schema of this program.
 *
 * drizzle's migrator takes no lock, so one is taken here: any number of processes may start at once. drizzle-orm takes
 * 130 MB of memory when it is loaded (measured, docs/decisions.md), so it is loaded only when there is something to do.
 *
 * @returns the names of the migrations applied now, oldest first
 * @throws {InputError} for a server older than Postgres 15 or a database that is not in UTF-8
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
    // A session lock needs one connection for its whole life; it ends with the connection, whatever happens.
    await client.query('select pg_advisory_lock($1)', [advisoryLock]);
    await checkServer(client);
    const pending = await findPending(client);
    if (pending.length > 0) {
      const { drizzle } = await import('drizzle-orm/node-postgres');
      const { migrate } = await import('drizzle-orm/node-postgres/migrator');
      await migrate(drizzle({ client }), { migrationsFolder });
    }
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

/** @throws {InputError} for a server that this program cannot work with */
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
  if (problems.length > 0) throw new InputError(problems);
}

async function findPending(client: Client): Promise<string[]> {
  const journal = JSON.parse(
    await readFile(`${migrationsFolder}/meta/_journal.json`, 'utf8'),
  ) as Journal;
  const { rows: tables } = await client.query<{ present: boolean }>(
    `select to_regclass('drizzle.__drizzle_migrations') is not null as present`,
  );
  if (tables[0]?.present !== true) return journal.entries.map((entry) => entry.tag);
  const { rows } = await client.query<{ newest: string | null }>(
    'select max(created_at) as newest from drizzle.__drizzle_migrations',
  );
  const newest = Number(rows[0]?.newest ?? 0);
  return journal.entries.filter((entry) => entry.when > newest).map((entry) => entry.tag);
}
