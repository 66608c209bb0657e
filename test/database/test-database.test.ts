import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { startProcess } from '../support/program.ts';
import { readMachineClock } from '../support/run-clock.ts';
import { readText, root } from '../support/project-files.ts';
import { createEmptyTestDatabase, createTestDatabase, withDatabase } from '../support/database.ts';

async function connectTo(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe('a test database', () => {
  it('has all migrations and its own rows, and is dropped even with open connections', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    assert.notEqual(first.url, second.url);
    assert.deepEqual(await migrateDatabase(first.url), { applied: [] });
    const client = await connectTo(first.url);
    await client.query('create table only_here ()');
    const other = await connectTo(second.url);
    await assert.rejects(other.query('table only_here'), { code: '42P01' });
    await first.drop();
    await second.drop();
    await assert.rejects(connectTo(first.url), { code: '3D000' });
    await Promise.all([client.end(), other.end()]);
  });

  it('is dropped when the work with it fails', async () => {
    let used = '';
    const work = withDatabase(async (url) => {
      used = url;
      throw new Error('as expected');
    });
    await assert.rejects(work, { message: 'as expected' });
    await assert.rejects(connectTo(used), { code: '3D000' });
  });

  it('can be created without tables', async () => {
    const { url, drop } = await createEmptyTestDatabase();
    assert.notDeepEqual(await migrateDatabase(url), { applied: [] });
    await drop();
  });
});

describe('the clock of the test run', () => {
  const dayMs = 86_400_000;
  const assertNow = (at: Date, whose: string): void =>
    assert.ok(Math.abs(at.getTime() - Date.now()) < dayMs / 2, `${whose}: ${at.toISOString()}`);

  it('is not the clock of the machine', () => {
    assert.ok(Math.abs(Date.now() - readMachineClock()) > dayMs);
    assertNow(new Date(), 'new Date()');
    assertNow(new Date(Date()), 'Date()');
    assertNow(new Date(performance.timeOrigin + performance.now()), 'performance');
  });

  it('is also the clock of programs that tests start', async () => {
    const { stdout } = await startProcess(['node', '-p', 'new Date().toISOString()']).ended;
    assertNow(new Date(stdout.trim()), 'a program');
  });

  it('is also the clock of test databases, with and without tables, for every role', async () => {
    const databases = [await createTestDatabase(), await createEmptyTestDatabase()];
    for (const { url, drop } of databases) {
      const client = await connectTo(url);
      await client.query('create role clock_reader; set role clock_reader');
      const { rows } = await client.query<Record<string, Date>>(
        'select now(), statement_timestamp(), clock_timestamp()',
      );
      for (const [name, at] of Object.entries(rows[0] ?? {})) assertNow(at, name);
      await client.query('reset role; drop role clock_reader');
      await client.end();
      await drop();
    }
  });

  it('cannot move current_timestamp and the like, which the program does not use', () => {
    const words = /\b(current_timestamp|current_date|current_time|localtime|localtimestamp)\b/i;
    const sources = globSync(['src/**/*.{ts,sql}', 'migrations/*.sql'], { cwd: root });
    assert.ok(sources.length > 100);
    assert.deepEqual(
      // A list of the words that SQL reserves.
      sources.filter(
        (path) => path !== 'src/config/schema-values.ts' && words.test(readText(path)),
      ),
      [],
    );
  });
});
