import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { patienceMs } from './patience.ts';
import { clockOffsetMs } from './run-clock.ts';

/** A separate database for a test, on the server of the test run. */
export type TestDatabase = {
  /** Connection string of its owner. */
  readonly url: string;
  /** Drops it, also when connections to it are open. */
  readonly drop: () => Promise<void>;
};

/** Any number that no other program on the server is likely to use: the letters "zlt". */
const advisoryLock = 0x7a6c74;

/** Creates a database with the schema of this program: a copy of one that is migrated once in a test run. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return create(await withServer(prepareTemplate));
}

/** Creates a database without tables, for tests of the migrations themselves. */
export async function createEmptyTestDatabase(): Promise<TestDatabase> {
  const database = await create('template0');
  await moveClock(database.url);
  return database;
}

/** Runs `work` with the url of a migrated database of its own, and drops it afterwards. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    return await work(database.url);
  } finally {
    await database.drop();
  }
}

/** Drops the databases of tests that ended without doing so, as those do whose process is killed. */
export async function dropLeftovers(): Promise<void> {
  const { prefix } = readRun();
  await withServer(async (server) => {
    const { rows } = await server.query<{ datname: string }>(
      `select datname from pg_database where datname ~ ('^' || $1 || '_[0-9a-f]{12}$')`,
      [prefix],
    );
    for (const { datname } of rows)
      await server.query(`drop database if exists ${escapeIdentifier(datname)} with (force)`);
  });
}

async function create(template: string): Promise<TestDatabase> {
  const { prefix } = readRun();
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await withServer((server) => copyDatabase(server, template, name));
  const drop = () =>
    withServer((server) =>
      untilUnused(async () => {
        await server.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
      }),
    );
  return { url: urlOf(name), drop };
}

/** The name of the migrated database, which the first test file creates; the others wait for it. */
async function prepareTemplate(server: Client): Promise<string> {
  // A file that uses the machine's clock needs a separate template.
  const name = `${readRun().prefix}_template${clockOffsetMs() === 0 ? '_unmoved' : ''}`;
  if (await exists(server, name)) return name;
  // Released with the connection, whatever happens.
  await server.query('select pg_advisory_lock($1)', [advisoryLock]);
  if (await exists(server, name)) return name;
  // It gets its name when it is complete: a failed migration must not leave a template behind.
  const unfinished = `${name}_unfinished`;
  await server.query(`drop database if exists ${escapeIdentifier(unfinished)} with (force)`);
  await copyDatabase(server, 'template0', unfinished);
  await moveClock(urlOf(unfinished));
  const { migrateDatabase } = await import('../../src/database/migrate.ts');
  await migrateDatabase(urlOf(unfinished));
  await server.query(
    `alter database ${escapeIdentifier(unfinished)} rename to ${escapeIdentifier(name)}`,
  );
  return name;
}

/**
 * Gives a database the clock of the test run: Postgres's functions are replaced by ones that add the offset, only in this
 * database. `current_timestamp` is not a function and stays unchanged; the program does not use it.
 */
async function moveClock(url: string): Promise<void> {
  const offsetMs = clockOffsetMs();
  if (offsetMs === 0) return;
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    for (const [name, kind] of [
      ['now', 'stable'],
      ['statement_timestamp', 'stable'],
      ['clock_timestamp', 'volatile'],
    ])
      await client.query(
        `create function pg_catalog.machine_${name}() returns timestamptz language internal ${kind} parallel safe as '${name}';
         create or replace function pg_catalog.${name}() returns timestamptz language sql ${kind} parallel safe
           as $$ select machine_${name}() + interval '${offsetMs} ms' $$`,
      );
  } catch (error) {
    throw new Error('The clock of a test database can be moved by a superuser only.', {
      cause: error,
    });
  } finally {
    await client.end();
  }
}

/** `file_copy` takes 11 ms where the default strategy takes 40 (Postgres 18, fsync off). */
async function copyDatabase(server: Client, template: string, name: string): Promise<void> {
  await untilUnused(async () => {
    await server.query(
      `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)} strategy file_copy`,
    );
  });
}

/** Postgres waits only five seconds for the end of the processes that use a database, such as a vacuum. */
async function untilUnused(work: () => Promise<void>): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const isUsed = (error as { code?: string }).code === '55006';
      if (!isUsed || performance.now() > giveUpAtMs) throw error;
    }
  }
}

async function exists(server: Client, name: string): Promise<boolean> {
  return (await server.query('select from pg_database where datname = $1', [name])).rowCount === 1;
}

async function withServer<T>(work: (server: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: readRun().url });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(readRun().url);
  url.pathname = `/${database}`;
  return url.href;
}

function readRun(): { url: string; prefix: string } {
  const { TEST_DATABASE_URL: url, TEST_DATABASE_PREFIX: prefix } = process.env;
  if (url === undefined || prefix === undefined) {
    throw new Error('No test server: run the file with `node scripts/test.ts <file>`.');
  }
  return { url, prefix };
}
