import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/database/embedded.ts';

let directory: string | undefined;
let server: EmbeddedPostgres | undefined;

/**
 * Starts one server for a whole test run, unless `TEST_DATABASE_URL` names one already, and sets that variable for the test
 * files. `TEST_POSTGRES_BINARIES` chooses the programs of another version. Fits `node --test --test-global-setup`, and
 * `scripts/test.ts` calls it.
 */
export async function globalSetup(): Promise<void> {
  // Names what belongs to this run on a server that lives longer.
  process.env['TEST_DATABASE_PREFIX'] = `zls_test_${randomBytes(4).toString('hex')}`;
  if (process.env['TEST_DATABASE_URL'] !== undefined) return;
  directory = await mkdtemp(join(await chooseParent(), 'zls-tests-'));
  server = await openEmbeddedPostgres({
    dataDir: directory,
    database: 'postgres',
    durable: false,
    binariesDir: process.env['TEST_POSTGRES_BINARIES'],
  });
  process.env['TEST_DATABASE_URL'] = server.url;
}

/** Memory, if the system offers enough of it as a directory: then creating a database takes a tenth of the time. */
export async function chooseParent(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined);
  const free = memory === undefined ? 0 : memory.bavail * memory.bsize;
  return free > 4 * 2 ** 30 ? '/dev/shm' : tmpdir();
}

/** Undoes {@link globalSetup}: ends the server it started, or drops the run's databases on the server it was given. */
export async function globalTeardown(): Promise<void> {
  if (server && directory !== undefined) {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
    server = undefined;
    directory = undefined;
    delete process.env['TEST_DATABASE_URL'];
    return;
  }
  const client = new Client({ connectionString: process.env['TEST_DATABASE_URL'] });
  try {
    await client.connect();
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [process.env['TEST_DATABASE_PREFIX']],
    );
    for (const { datname } of rows) {
      await client.query(`drop database ${escapeIdentifier(datname)} with (force)`);
    }
  } finally {
    await client.end();
  }
}
