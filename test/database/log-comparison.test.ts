import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database, Transaction } from '../../src/database/client.ts';
import type { PageCounts } from '../../src/ingest/rows/written.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { storeRecords } from '../support/stored-records.ts';

const odd = ['', 'a b', 'a,b', '(a)', '"a"', 'back\\slash', 'line\nline', 'tab\tü\u00a0', null];

/** Enough records for the comparison, half a second apart, some with values that need quotes. */
const records = Array.from({ length: 600 }, (_, index) => ({
  id: `01M7W0BX7MZ5S07QPRW8RE${String(index).padStart(4, '0')}`,
  timestamp: new Date(Date.UTC(2026, 10, 19) + index * 500).toISOString(),
  user_id: index === 1 ? null : 364425201999,
  ip_address: '203.0.113.9',
  method: 'GET',
  status: 200,
  bytes_sent: index,
  url: `/api/v2/tickets/${index + 1}`,
  client: odd[index] ?? null,
  referer: odd[index % odd.length] ?? null,
}));

type Stored = { readonly counts: PageCounts; readonly upserted: boolean };

async function store(db: Database, page: readonly unknown[]): Promise<Stored> {
  let upserted = false;
  const watch = (tx: Transaction): Transaction => ({
    ...tx,
    query(text, values) {
      // Rows, not marks of days.
      upserted ||= text.includes('insert into zendesk.access_logs');
      return tx.query(text, values);
    },
  });
  const counts = await storeRecords(db, accessLogs, page, { watch });
  return { counts, upserted };
}

const unchanged = { new: 0, changed: 0, late: 0 };

describe('a page that is read again', () => {
  it('is only compared when nothing has changed, whatever its values', async () => {
    await withLedger(async (db) => {
      await store(db, records);
      const before = await db.query('select ctid::text, l.* from zendesk.access_logs l');
      assert.deepEqual(await store(db, records), { counts: unchanged, upserted: false });
      assert.deepEqual(await db.query('select ctid::text, l.* from zendesk.access_logs l'), before);
    });
  });

  it('is upserted when a value differs, a row is missing or there is one more', async () => {
    await withLedger(async (db) => {
      await store(db, records);
      const changed = records.with(300, { ...records[300]!, status: 404 });
      assert.deepEqual(await store(db, changed), {
        counts: { ...unchanged, changed: 1 },
        upserted: true,
      });
      assert.deepEqual(await store(db, records.toSpliced(7, 1)), {
        counts: { ...unchanged, changed: 1 },
        upserted: true,
      });
      await db.query('delete from zendesk.access_logs where bytes_sent = 5');
      assert.deepEqual(await store(db, records), {
        counts: { ...unchanged, new: 1 },
        upserted: true,
      });
      assert.deepEqual(await db.query('select count(*)::integer from zendesk.access_logs'), [
        { count: 600 },
      ]);
    });
  });

  it('counts as equal also if Postgres writes a value in another way', async () => {
    await withLedger(async (db) => {
      // jsonb has its own order.
      const written = records.map((record) => ({ ...record, unheard_of: { b: 1, a: 2 } }));
      await store(db, written);
      assert.deepEqual(await store(db, written), { counts: unchanged, upserted: true });
    });
  });

  it('compares an address in any form', async () => {
    await withLedger(async (db) => {
      const written = records.map((record) => ({ ...record, ip_address: '2001:DB8:0:0:0:0:0:1' }));
      await store(db, written);
      assert.deepEqual(await store(db, written), { counts: unchanged, upserted: false });
    });
  });
});
