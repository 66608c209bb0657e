import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database, Transaction } from '../../src/database/client.ts';
import type { PageCounts } from '../../src/ingest/rows/written.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { storeRecords } from '../support/stored-records.ts';

/** Enough records for COPY, ten seconds apart. */
const records = Array.from({ length: 600 }, (_, index) => ({
  id: `01M7W0BX7MZ5S07QPRW8RE${String(index).padStart(4, '0')}`,
  timestamp: new Date(Date.UTC(2026, 10, 19) + index * 10_000).toISOString(),
  user_id: 5,
  method: 'GET',
  status: 200,
  url: `/api/v2/tickets/${index + 1}`,
  client: index === 0 ? 'back\\slash\ttab\nline\rreturn \\N' : null,
  unknown_field: index === 1 ? { quote: '"', path: 'C:\\new' } : undefined,
}));

async function store(
  db: Database,
  page: readonly unknown[],
  options = { covered: [] as { from: number; to: number }[], mayCopy: true },
): Promise<{ counts: PageCounts; copied: boolean }> {
  let copied = false;
  const watch = (tx: Transaction): Transaction => ({
    ...tx,
    copy(statement, lines) {
      copied ||= statement.startsWith('copy zendesk.access_logs ');
      return tx.copy(statement, lines);
    },
  });
  const counts = await storeRecords(db, accessLogs, page, { ...options, watch });
  return { counts, copied };
}

const stored = (db: Database): Promise<unknown[]> =>
  db.query(
    `select to_jsonb(l) - 'first_synced_at' - 'synced_at' as row from zendesk.access_logs l order by timestamp, id`,
  );
const resources = (db: Database): Promise<unknown[]> =>
  db.query(
    `select to_jsonb(r) as row from zendesk.access_log_resources r order by timestamp, access_log_id, position`,
  );

describe('a page whose rows are all new', () => {
  it('is copied, and the tables then hold what the upsert would have stored', async () => {
    const copiedTables = await withLedger(async (db) => {
      assert.deepEqual(await store(db, records), {
        counts: { new: 600, changed: 0, late: 0 },
        copied: true,
      });
      return [await stored(db), await resources(db)];
    });
    await withLedger(async (db) => {
      assert.deepEqual(await store(db, records, { covered: [], mayCopy: false }), {
        counts: { new: 600, changed: 0, late: 0 },
        copied: false,
      });
      assert.deepEqual([await stored(db), await resources(db)], copiedTables);
      assert.equal(copiedTables[0]?.length, 600);
      assert.equal(copiedTables[1]?.length, 600);
    });
  });

  it('counts the rows in covered time as late', async () => {
    await withLedger(async (db) => {
      const from = Date.UTC(2026, 10, 19) / 1000;
      const covered = [{ from: from + 10, to: from + 30 }];
      const { counts } = await store(db, records, { covered, mayCopy: true });
      assert.deepEqual(counts, { new: 600, changed: 0, late: 2 });
    });
  });

  it('is not copied when one of its rows is stored already, and the resources of that row are stored once', async () => {
    await withLedger(async (db) => {
      await store(db, [records[300]]);
      assert.deepEqual(await store(db, records), {
        counts: { new: 599, changed: 0, late: 0 },
        copied: false,
      });
      assert.equal((await stored(db)).length, 600);
      assert.equal((await resources(db)).length, 600);
    });
  });

  it('is only compared when all of it is stored and equal', async () => {
    await withLedger(async (db) => {
      const asked = async (page: readonly unknown[]): Promise<number> => {
        let statements = 0;
        const watch = (tx: Transaction): Transaction => ({
          ...tx,
          query(text, values) {
            statements += 1;
            return tx.query(text, values);
          },
        });
        await storeRecords(db, accessLogs, page, { watch });
        return statements;
      };
      // Postgres writes JSON in another way, so that rows with unknown fields are never equal as text.
      const page = records.map((record) => ({ ...record, unknown_field: undefined }));
      await store(db, page);
      assert.equal(await asked(page), 1);
      assert.ok((await asked(page.with(7, { ...page[7]!, status: 404 }))) > 1);
      assert.deepEqual(
        await db.query(
          `select count(*)::integer as rows from zendesk.access_logs where status = 404`,
        ),
        [{ rows: 1 }],
      );
    });
  });

  it('is not copied when an id is there twice, or when the order is not that of the key', async () => {
    await withLedger(async (db) => {
      assert.equal((await store(db, [...records, records[599]])).copied, false);
      assert.equal((await stored(db)).length, 600);
    });
    await withLedger(async (db) => {
      assert.equal((await store(db, records.toReversed())).copied, false);
      assert.equal((await stored(db)).length, 600);
    });
  });

  it('stores again what its newest row was about, also if its time has microseconds', async () => {
    const timestamp = '2026-11-19T10:00:00.123456Z';
    await withLedger(async (db) => {
      await store(db, [{ ...records[0], timestamp }]);
      const changed = [{ ...records[0], timestamp, url: '/api/v2/users/44' }];
      assert.deepEqual((await store(db, changed)).counts, { new: 0, changed: 1, late: 0 });
      assert.deepEqual(await db.query('select resource_id from zendesk.access_log_resources'), [
        { resource_id: '44' },
      ]);
    });
  });

  it('stores again what a row was about when Zendesk returns it differently', async () => {
    await withLedger(async (db) => {
      await store(db, records);
      const changed = [{ ...records[0], url: '/api/v2/users/44' }, records[1]];
      assert.deepEqual((await store(db, changed)).counts, { new: 0, changed: 1, late: 0 });
      assert.deepEqual(
        await db.query(
          `select resource_type, resource_id from zendesk.access_log_resources order by timestamp limit 2`,
        ),
        [
          { resource_type: 'user', resource_id: '44' },
          { resource_type: 'ticket', resource_id: '2' },
        ],
      );
    });
  });
});
