import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { withClient } from '../support/query.ts';

const schemas =
  'drizzle, zendesk, zendesk_evidence, zendesk_fivetran, zendesk_partitions, zendesk_sync';

describe('a database in which somebody else has created the schemas', () => {
  it('is migrated without the right to create schemas, and readers may call the functions of views', async () => {
    const database = await createEmptyTestDatabase();
    const owner = `given_owner_${process.pid}`;
    try {
      await withClient(database.url, async (query) => {
        await query(`create role ${owner} login password 'plain'`);
        for (const schema of schemas.split(', ')) await query(`create schema ${schema}`);
        await query(`grant usage, create on schema ${schemas} to ${owner} with grant option`);
        await query(
          `alter default privileges for role ${owner} revoke execute on functions from public`,
        );
        for (const role of ['zendesk_reader', 'zendesk_investigator'])
          await query(
            `do $$ begin create role ${role}; exception when duplicate_object or unique_violation then null; end $$`,
          );
        const url = new URL(database.url);
        Object.assign(url, { username: owner, password: 'plain' });
        const { applied } = await migrateDatabase(url.href);
        assert.equal(applied.at(-1), 'definitions');
        assert.deepEqual(await migrateDatabase(url.href), { applied: [] });
        await query('set role zendesk_reader');
        for (const view of [
          'zendesk.access_findings',
          'zendesk.audit_events',
          'zendesk_sync.status',
        ])
          assert.deepEqual(await query(`select account from ${view}`), [], view);
        await query('reset role');
      });
    } finally {
      await withClient(database.url, async (query) => {
        await query(`drop owned by ${owner} cascade`);
        await query(`drop role ${owner}`);
      });
      await database.drop();
    }
  });
});
