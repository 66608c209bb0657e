import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/database/client.ts';
import type { PageCounts } from '../../src/ingest/rows/written.ts';
import { createPartitionKeeper, examinePartitionsAhead } from '../../src/database/partitions.ts';
import type { Spans } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { withLedger } from '../support/ledger.ts';
import { storeRecords } from '../support/stored-records.ts';

const accessRecord = {
  id: '01M7W0BX7MZ5S07QPRW8REK5RD',
  timestamp: '2026-11-20T08:15:02Z',
  user_id: 364425201999,
  ip_address: '203.0.113.9',
  method: 'GET',
  status: 200,
  url: '/api/v2/users/417198039999/{...}',
};

async function store(
  db: Database,
  stream: LogStream,
  records: readonly unknown[],
  covered: Spans = [],
): Promise<PageCounts> {
  return storeRecords(db, stream, records, { covered });
}

describe('storing a page', () => {
  it('stores exactly the record, with null for what it does not have', async () => {
    await withLedger(async (db) => {
      assert.deepEqual(await store(db, accessLogs, [accessRecord]), {
        new: 1,
        changed: 0,
        late: 0,
      });
      const [row] = await db.query<Record<string, unknown>>(
        'select *, first_synced_at = synced_at as untouched from zendesk.access_logs',
      );
      const { first_synced_at: first, synced_at: synced, ...rest } = row ?? {};
      assert.deepEqual(first, synced);
      assert.deepEqual(rest, {
        account: 'acme',
        ...accessRecord,
        user_id: '364425201999',
        timestamp: new Date('2026-11-20T08:15:02Z'),
        origin_service: null,
        authorization_type: null,
        client: null,
        referer: null,
        category: null,
        summary: null,
        bytes_sent: null,
        graphql_operation_name: null,
        graphql_operation_type: null,
        graphql_query: null,
        graphql_variables: null,
        extra: null,
        untouched: true,
      });
    });
  });

  it('accepts an id twice in one page', async () => {
    await withLedger(async (db) => {
      assert.deepEqual(await store(db, accessLogs, [accessRecord, accessRecord]), {
        new: 1,
        changed: 0,
        late: 0,
      });
    });
  });

  it('writes nothing when the same rows come again', async () => {
    await withLedger(async (db) => {
      const records = Array.from({ length: 500 }, (_, index) => ({
        ...accessRecord,
        id: `id-${index}`,
      }));
      await store(db, accessLogs, records);
      await db.query('select count(*) from zendesk.access_logs');
      const before = await db.query<{ rows: unknown }>(
        'select xmin, ctid, synced_at, id from zendesk.access_logs order by id',
      );
      assert.deepEqual(await store(db, accessLogs, records), { new: 0, changed: 0, late: 0 });
      assert.deepEqual(
        await db.query('select xmin, ctid, synced_at, id from zendesk.access_logs order by id'),
        before,
      );
      assert.deepEqual(await db.query('select * from zendesk.revisions'), []);
    });
  });

  it('replaces a row that has changed and keeps its previous version', async () => {
    await withLedger(async (db) => {
      const record = {
        id: 54337476015999,
        created_at: '2026-11-20T08:34:33Z',
        actor_name: 'Joe Agent',
        ip_address: '203.0.113.85',
      };
      await store(db, auditLogs, [record, { ...record, id: 1 }]);
      await sleep(2);
      assert.deepEqual(
        await store(db, auditLogs, [
          { ...record, actor_name: '28835702984999', ip_address: null },
          { ...record, id: 1 },
        ]),
        { new: 0, changed: 1, late: 0 },
      );
      assert.deepEqual(
        await db.query(
          `select id, actor_name, ip_address, synced_at > first_synced_at as rewritten from zendesk.audit_logs order by id`,
        ),
        [
          { id: '1', actor_name: 'Joe Agent', ip_address: '203.0.113.85', rewritten: false },
          { id: '54337476015999', actor_name: '28835702984999', ip_address: null, rewritten: true },
        ],
      );
      assert.deepEqual(
        await db.query(
          `select account, stream, id, occurred_at, content->>'actor_name' as actor_name, content->>'ip_address' as ip_address
           from zendesk.revisions`,
        ),
        [
          {
            account: 'acme',
            stream: 'audit_logs',
            id: '54337476015999',
            occurred_at: new Date('2026-11-20T08:34:33Z'),
            actor_name: 'Joe Agent',
            ip_address: '203.0.113.85',
          },
        ],
      );
    });
  });

  it('counts new rows in covered time as late', async () => {
    await withLedger(async (db) => {
      const second = Date.parse(accessRecord.timestamp) / 1000;
      const covered = [{ from: second - 60, to: second + 1 }];
      const records = [
        accessRecord,
        { ...accessRecord, id: 'next', timestamp: '2026-11-20T08:15:03Z' },
      ];
      assert.deepEqual(await store(db, accessLogs, records, covered), {
        new: 2,
        changed: 0,
        late: 1,
      });
    });
  });

  it('does not deadlock when two writers store the same new rows in opposite order', async () => {
    await withLedger(async (db) => {
      const records = Array.from({ length: 2000 }, (_, index) => ({
        ...accessRecord,
        id: `id-${index}`,
      }));
      const [one, other] = await Promise.all([
        store(db, accessLogs, records),
        store(db, accessLogs, records.toReversed()),
      ]);
      assert.equal(one.new + other.new, 2000);
    });
  });

  it('keeps unusual values: a time with fractions and offset, U+0000, integers at the edge of bigint', async () => {
    await withLedger(async (db) => {
      await store(db, auditLogs, [
        {
          id: '9223372036854775807',
          created_at: '2026-11-20T10:34:33.123456+02:00',
          actor_id: '-9223372036854775808',
          change_description: 'a\0b',
          source_id: '9223372036854775808',
        },
      ]);
      assert.deepEqual(
        await db.query(
          'select id, created_at::text, actor_id, change_description, source_id, extra from zendesk.audit_logs',
        ),
        [
          {
            id: '9223372036854775807',
            created_at: '2026-11-20 08:34:33.123456+00',
            actor_id: '-9223372036854775808',
            change_description: 'a\uFFFDb',
            source_id: null,
            extra: {
              change_description: { json: '"a\\u0000b"' },
              source_id: '9223372036854775808',
            },
          },
        ],
      );
    });
  });
});

describe('the partitions of a log', () => {
  it('are created by month and year when old data arrive, with exact bounds and no default', async () => {
    await withLedger(async (db) => {
      await store(db, accessLogs, [
        { ...accessRecord, timestamp: '2026-08-31T23:59:59Z' },
        { ...accessRecord, timestamp: '2026-09-01T00:00:00Z' },
      ]);
      await store(db, auditLogs, [{ id: 1, created_at: '0099-12-31T23:59:59Z' }]);
      assert.deepEqual(
        await db.query(
          `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
           from pg_class c where c.relispartition and c.relkind = 'r' order by 1`,
        ),
        [
          {
            name: 'access_log_resources_2026_08',
            bound: `FOR VALUES FROM ('2026-08-01 00:00:00+00') TO ('2026-09-01 00:00:00+00')`,
          },
          {
            name: 'access_log_resources_2026_09',
            bound: `FOR VALUES FROM ('2026-09-01 00:00:00+00') TO ('2026-10-01 00:00:00+00')`,
          },
          {
            name: 'access_logs_2026_08',
            bound: `FOR VALUES FROM ('2026-08-01 00:00:00+00') TO ('2026-09-01 00:00:00+00')`,
          },
          {
            name: 'access_logs_2026_09',
            bound: `FOR VALUES FROM ('2026-09-01 00:00:00+00') TO ('2026-10-01 00:00:00+00')`,
          },
          {
            name: 'audit_logs_0099',
            bound: `FOR VALUES FROM ('0099-01-01 00:00:00+00') TO ('0100-01-01 00:00:00+00')`,
          },
        ],
      );
    });
  });

  it('can be created by several processes at once', async () => {
    await withLedger(async (db) => {
      const moments = Array.from({ length: 6 }, (_, month) => Date.UTC(2026, month, 15));
      await Promise.all(
        Array.from({ length: 5 }, () => createPartitionKeeper(db)(accessLogs.table, moments)),
      );
      const [count] = await db.query(
        `select count(*)::integer as made from pg_inherits where inhparent = 'zendesk.access_logs'::regclass`,
      );
      assert.deepEqual(count, { made: 6 });
    });
  });

  it('are found by what they contain: a detached table of the same name does not count', async () => {
    await withLedger(async (db) => {
      const december = Date.UTC(2026, 11, 31);
      const tables = [auditLogs.table, accessLogs.table];
      const wanted = [
        'zendesk_partitions.audit_logs_2026',
        'zendesk_partitions.audit_logs_2027',
        'zendesk_partitions.access_logs_2026_12',
        'zendesk_partitions.access_log_resources_2026_12',
        'zendesk_partitions.access_logs_2027_01',
        'zendesk_partitions.access_log_resources_2027_01',
      ];
      const examine = (): ReturnType<typeof examinePartitionsAhead> =>
        examinePartitionsAhead(db, tables, december);
      assert.deepEqual(await examine(), { wanted, missing: wanted });
      const ensurePartitions = createPartitionKeeper(db);
      const moments = [december, Date.UTC(2027, 0, 1)];
      for (const table of tables) await ensurePartitions(table, moments);
      assert.deepEqual(await examine(), { wanted, missing: [] });
      await db.query(
        'alter table zendesk.access_logs detach partition zendesk_partitions.access_logs_2027_01',
      );
      assert.deepEqual(await examine(), {
        wanted,
        missing: ['zendesk_partitions.access_logs_2027_01'],
      });
      await ensurePartitions(accessLogs.table, moments);
      assert.deepEqual(await examine(), {
        wanted,
        missing: ['zendesk_partitions.access_logs_2027_01'],
      });
      await ensurePartitions(accessLogs.table, moments, true);
      assert.deepEqual(await examine(), { wanted, missing: [] });
      assert.deepEqual(
        await db.query(
          `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'zendesk.access_logs'::regclass order by 1`,
        ),
        [
          { name: 'zendesk_partitions.access_logs_2026_12' },
          { name: 'zendesk_partitions.access_logs_2027_01_2' },
        ],
      );
    });
  });
});
