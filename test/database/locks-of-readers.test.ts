import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import { openDatabase } from '../../src/database/client.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { patienceMs } from '../support/patience.ts';
import { storeRecords } from '../support/stored-records.ts';

const accessRecord = {
  id: '01M7W0BX7MZ5S07QPRW8REK5RD',
  timestamp: '2026-11-18T08:15:02Z',
  user_id: 5,
  method: 'GET',
  status: 200,
  url: '/api/v2/tickets/1',
};

describe('a user who can connect', () => {
  it('cannot keep the program from migrating or storing with the advisory locks that it used before', async () => {
    const database = await createEmptyTestDatabase();
    const anybody = new Client({ connectionString: database.url });
    const db = openDatabase({ url: database.url, queryTimeoutMs: patienceMs });
    try {
      await anybody.connect();
      await anybody.query(
        'select pg_advisory_lock(8023155), pg_advisory_lock(2053927792), pg_advisory_lock(2053927792, 1)',
      );
      await migrateDatabase(database.url);
      await storeRecords(db, accessLogs, [accessRecord]);
      assert.deepEqual(await db.query('select id from zendesk.access_logs'), [
        { id: accessRecord.id },
      ]);
    } finally {
      await anybody.end();
      await db.close();
      await database.drop();
    }
  });

  it('as a reader gets no lock that keeps the program from creating partitions or storing, and no large object', async () => {
    const database = await createEmptyTestDatabase();
    const reader = new Client({ connectionString: database.url });
    const db = openDatabase({ url: database.url, queryTimeoutMs: patienceMs });
    try {
      await migrateDatabase(database.url);
      await reader.connect();
      await reader.query('set role zendesk_reader; begin');
      const visible = await reader.query<{ relation: string; type: string }>(
        `select format('%I.%I', table_schema, table_name) as relation, table_type as type
         from information_schema.tables where table_schema like 'zendesk%'`,
      );
      for (const { relation, type } of visible.rows) {
        await reader.query(`select from ${relation} limit 1`);
        if (type !== 'BASE TABLE') continue;
        await reader.query('savepoint before');
        await assert.rejects(
          reader.query(`lock table ${relation} in share update exclusive mode`),
          { code: '42501' },
          relation,
        );
        await reader.query('rollback to savepoint before');
      }
      await reader.query('savepoint before');
      await assert.rejects(reader.query('select lo_create(0)'), { code: '42501' });
      await reader.query('rollback to savepoint before');
      await storeRecords(db, accessLogs, [accessRecord]);
      await reader.query('commit');
    } finally {
      await reader.end();
      await db.close();
      await database.drop();
    }
  });
});
