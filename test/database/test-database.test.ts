import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { createEmptyTestDatabase, createTestDatabase, withDatabase } from '../support/database.ts';

async function connectTo(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

describe('a test database', () => {
  it('has all migrations, its own rows, and goes away with open connections', async () => {
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

  it('can be had without tables', async () => {
    const { url, drop } = await createEmptyTestDatabase();
    assert.notDeepEqual(await migrateDatabase(url), { applied: [] });
    await drop();
  });
});
