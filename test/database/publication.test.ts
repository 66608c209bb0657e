import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { storeRecords } from '../support/stored-records.ts';

const record = (url: string): object => ({
  id: '01M7W0BX7MZ5S07QPRW8REK5RD',
  timestamp: '2026-11-20T08:15:02Z',
  user_id: 364425201999,
  ip_address: '203.0.113.9',
  method: 'GET',
  status: 200,
  url,
});

describe('a publication for all tables', () => {
  it('does not prevent storing, replacing or deleting', async () => {
    await withLedger(async (db) => {
      await db.query('create publication everything for all tables');
      await storeRecords(db, accessLogs, [record('/api/v2/users/417198039999')]);
      const counts = await storeRecords(db, accessLogs, [record('/api/v2/tickets/7')]);
      assert.deepEqual(counts, { new: 0, changed: 1, late: 0 });
      assert.deepEqual(
        await db.query('select resource_type, resource_id from zendesk.access_log_resources'),
        [{ resource_type: 'ticket', resource_id: '7' }],
      );
    });
  });

  it('finds a primary key or a replica identity in every table, also in later partitions', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, [record('/api/v2/users/417198039999')]);
      const without = await db.query(
        `select c.oid::regclass::text as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('drizzle', 'zendesk', 'zendesk_evidence', 'zendesk_fivetran', 'zendesk_partitions', 'zendesk_sync') and c.relkind in ('r', 'p')
           and c.relreplident <> 'f'
           and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)`,
      );
      assert.deepEqual(without, []);
    });
  });
});
