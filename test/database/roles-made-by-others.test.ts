import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { openDatabase } from '../../src/database/client.ts';
import { openEmbeddedPostgres } from '../../src/database/embedded.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { loadPrivileges } from '../../src/doctor/diagnosis.ts';

describe('the roles of the database', () => {
  it('are left to an administrator if the connecting user may not create them, and migrating still works', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'zls-roles-'));
    const binariesDir = process.env['TEST_POSTGRES_BINARIES'];
    const server = await openEmbeddedPostgres({ dataDir, binariesDir, durable: false });
    const admin = new Client({ connectionString: server.url });
    try {
      await admin.connect();
      await admin.query(`create role plain_owner login password 'plain'`);
      await admin.query('create database plain owner plain_owner');
      const url = new URL(server.url);
      Object.assign(url, { username: 'plain_owner', password: 'plain', pathname: '/plain' });
      await migrateDatabase(url.href);
      const owner = openDatabase({ url: url.href });
      try {
        const grant = 'select zendesk_sync.grant_roles() as missing';
        assert.deepEqual(await owner.query(grant), [
          {
            missing: [
              'zendesk_reader',
              'zendesk_investigator',
              'zendesk_auditor',
              'zendesk_writer',
              'zendesk_page',
            ],
          },
        ]);
        for (const role of ['reader', 'investigator', 'auditor', 'writer', 'page'])
          await admin.query(`create role zendesk_${role}`);
        assert.deepEqual(await owner.query(grant), [{ missing: [] }]);
        const may = `select has_table_privilege('zendesk_reader', 'zendesk.access_events', 'select') as events,
          has_any_column_privilege('zendesk_reader', 'zendesk.access_logs', 'select') as log`;
        assert.deepEqual(await owner.query(may), [{ events: true, log: false }]);
        const pageRole = async () => (await loadPrivileges(owner)).page_role;
        // Only who made it can let the owner take it.
        assert.equal(await pageRole(), 'untaken');
        await admin.query('grant zendesk_page to plain_owner');
        assert.equal(await pageRole(), 'ready');
        await owner.query('revoke usage on schema zendesk_sync from zendesk_page');
        assert.equal(await pageRole(), 'ungranted');
      } finally {
        await owner.close();
      }
    } finally {
      await admin.end();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
