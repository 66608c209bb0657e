import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { createFormerDatabase } from '../support/former-database.ts';

describe('keys that hold the account', () => {
  it('come to a database with rows: each keeps its number, and the next follows all that were given', async () => {
    const { url, drop } = await createFormerDatabase('0038_noted_at');
    const db = openDatabase({ url });
    try {
      const insert = `insert into zendesk_evidence.pending (account, stream, manifest) values ('acme', '', '{}')`;
      for (let at = 0; at < 3; at += 1) await db.query(insert);
      await db.query('delete from zendesk_evidence.pending where id = 3');
      await migrateDatabase(url);
      await db.query(insert);
      await db.query(
        `insert into zendesk_sync.runs (account, stream, task, holder) values ('acme', 'users', 'listing', 'test')`,
      );
      assert.deepEqual(
        await db.query(
          `select 'pending' as table, id::integer from zendesk_evidence.pending
           union all select 'runs', id::integer from zendesk_sync.runs order by 1, 2`,
        ),
        [
          { table: 'pending', id: 1 },
          { table: 'pending', id: 2 },
          { table: 'pending', id: 4 },
          { table: 'runs', id: 1 },
        ],
      );
    } finally {
      await db.close();
      await drop();
    }
  });

  it('come also where the tables belong to another login than the one that migrates', async () => {
    const { url, drop } = await createFormerDatabase('0038_noted_at');
    const db = openDatabase({ url });
    const owner = `zls_${randomBytes(4).toString('hex')}`;
    try {
      await db.query(`create role ${owner}`);
      await db.query(`grant create on schema zendesk, zendesk_evidence, zendesk_sync to ${owner}`);
      for (const { table } of await db.query<{ table: string }>(
        `select format('%I.%I', schemaname, tablename) as table from pg_tables where schemaname like 'zendesk%'`,
      ))
        await db.query(`alter table ${table} owner to ${owner}`);
      await migrateDatabase(url);
      assert.deepEqual(
        await db.query(
          `select relowner::regrole::text as owner from pg_class
           where oid = pg_get_serial_sequence('zendesk_sync.runs', 'id')::regclass`,
        ),
        [{ owner }],
      );
    } finally {
      await db.query(
        `reassign owned by ${owner} to current_user; drop owned by ${owner}; drop role ${owner}`,
      );
      await db.close();
      await drop();
    }
  });
});
