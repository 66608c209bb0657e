import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { writeRows } from '../../src/ingest/rows/rows.ts';
import { markStaleDays } from '../../src/ingest/stale-days.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { withLedger } from '../support/ledger.ts';
import { storeRecords, usualClassify } from '../support/stored-records.ts';

const logs = listLogs(streams);

const look = (
  id: string,
  timestamp: string,
  url: string,
  userId: number,
  status = 200,
): object => ({
  id,
  timestamp,
  url,
  user_id: userId,
  status,
  method: 'GET',
  bytes_sent: 100,
  ip_address: '203.0.113.9',
});

const first = [
  look('a1', '2026-11-18T23:59:59Z', '/api/v2/tickets/7', 5),
  look('b1', '2026-11-19T00:00:00Z', '/api/v2/tickets/7', 5),
  look('b2', '2026-11-19T10:00:00Z', '/api/v2/tickets/show_many?ids=7,8', 5),
  look('b3', '2026-11-19T11:00:00Z', '/api/v2/tickets/9', 5, 403),
  look('b4', '2026-11-19T12:00:00Z', '/api/v2/users/me', 6),
];

describe('the rollups', () => {
  it('count each agent’s requests, kinds and different resources by day in UTC, without denied ones in what was seen', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, first);
      assert.equal(await refreshRollups(db, 'acme', logs), 2);
      assert.deepEqual(
        await db.query(
          `select day::text, user_id::integer, requests, denied, views, unclassified, tickets, resources, addresses, bytes_sent
           from zendesk.agent_day where account = 'acme' order by day, user_id`,
        ),
        [
          ['2026-11-18', 5, 1, 0, 1, 0, 1, 1, 1, 100],
          ['2026-11-19', 5, 3, 1, 3, 0, 2, 2, 1, 300],
          ['2026-11-19', 6, 1, 0, 0, 0, 0, 0, 1, 100],
        ].map(
          ([
            day,
            user_id,
            requests,
            denied,
            views,
            unclassified,
            tickets,
            resources,
            addresses,
            bytes,
          ]) => ({
            day,
            user_id,
            requests,
            denied,
            views,
            unclassified,
            tickets,
            resources,
            addresses,
            bytes_sent: bytes,
          }),
        ),
      );
      assert.deepEqual(
        await db.query(
          `select day::text, resource_type, resource_id, accesses, agents, last_at
           from zendesk.resource_day order by day, resource_id`,
        ),
        [
          ['2026-11-18', '7', 1, '2026-11-18T23:59:59Z'],
          ['2026-11-19', '7', 2, '2026-11-19T10:00:00Z'],
          ['2026-11-19', '8', 1, '2026-11-19T10:00:00Z'],
        ].map(([day, resource_id, accesses, last]) => ({
          day,
          resource_type: 'ticket',
          resource_id,
          accesses,
          agents: 1,
          last_at: new Date(String(last)),
        })),
      );
    });
  });

  it('leave statistics of rows that had none, of the partitions and of the whole, before Postgres makes its own', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, first);
      await refreshRollups(db, 'acme', logs);
      for (const table of ['access_logs', 'access_log_resources'])
        assert.deepEqual(
          await db.query(
            `select
               (select min(c.reltuples)::integer from pg_inherits i join pg_class c on c.oid = i.inhrelid
                where i.inhparent = $1::regclass and pg_relation_size(c.oid) > 0) as rows,
               (select count(*)::integer from pg_stats
                where inherited and schemaname = 'zendesk' and tablename = $2 and attname = 'timestamp') as whole`,
            [`zendesk.${table}`, table],
          ),
          [{ rows: 5, whole: 1 }],
          table,
        );
    });
  });

  it('are reported before each step and at the end', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, first);
      const reports: (readonly number[])[] = [];
      const days = await refreshRollups(db, 'acme', logs, undefined, (...counts) => {
        reports.push(counts);
      });
      assert.deepEqual(
        [reports[0], reports.at(-1)],
        [
          [0, days],
          [days, days],
        ],
      );
      await refreshRollups(db, 'acme', logs, undefined, () => assert.fail('nothing is stale'));
    });
  });

  it('are right again after a late row, and only that day is recomputed', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, first);
      await refreshRollups(db, 'acme', logs);
      await storeRecords(db, accessLogs, [
        look('a0', '2026-11-18T08:00:00Z', '/api/v2/tickets/3', 6),
      ]);
      assert.equal(await refreshRollups(db, 'acme', logs), 1);
      assert.equal(await refreshRollups(db, 'acme', logs), 0);
      assert.deepEqual(
        await db.query(
          `select user_id::integer, requests from zendesk.agent_day where day = '2026-11-18' order by user_id`,
        ),
        [
          { user_id: 5, requests: 1 },
          { user_id: 6, requests: 1 },
        ],
      );
    });
  });

  it('are the same when neighbouring days are counted together and one after the other', async () => {
    await withLedger(async (db) => {
      const day = 86_400_000;
      const records = Array.from({ length: 60 }, (_, number) =>
        look(
          `m${number}`,
          new Date(
            Date.UTC(2026, 9, 1) + ((number * 7) % 20) * day + number * 60_000,
          ).toISOString(),
          `/api/v2/tickets/${number % 7}`,
          number % 3,
        ),
      );
      await storeRecords(db, accessLogs, records);
      assert.equal(await refreshRollups(db, 'acme', logs), 20);
      const together = await readRollups(db);
      await db.query('truncate zendesk.agent_day, zendesk.resource_day');
      for (const { stale } of await db.query<{ stale: string }>(
        `select distinct (timestamp at time zone 'UTC')::date::text as stale from zendesk.access_logs order by 1 desc`,
      )) {
        await db.query(
          `insert into zendesk_sync.stale_days (account, stream, day) values ('acme', 'access_logs', $1::date)`,
          [stale],
        );
        await refreshRollups(db, 'acme', logs);
      }
      assert.equal(together.length > 100, true);
      assert.deepEqual(await readRollups(db), together);
    });
  });

  it('keep the sums of archived days as they are, also between two days that are recomputed', async () => {
    await withLedger(async (db) => {
      const days = ['2026-09-30', '2026-10-01', '2026-10-31', '2026-11-01'];
      const records = days.map((day, number) =>
        look(`r${number}`, `${day}T12:00:00Z`, '/api/v2/tickets/7', 5),
      );
      await storeRecords(db, accessLogs, records);
      await refreshRollups(db, 'acme', logs);
      const before = await readRollups(db);
      await db.query(`delete from zendesk.access_log_resources`);
      await db.query(`delete from zendesk.access_logs`);
      await storeRecords(db, accessLogs, [records[0], records[3]]);
      await db.query(
        `insert into zendesk_sync.archived_objects (account, stream, month, object, rows, first_at, last_at, bytes, manifest, checked_at, left_at)
         values ('acme', 'access_logs', '2026-10-01', 'o', 2, '2026-10-01T12:00:00Z', '2026-10-31T12:00:00Z', 9, '{}', now(), now())`,
      );
      const mark = `insert into zendesk_sync.stale_days (account, stream, day) select 'acme', 'access_logs', d::date
         from unnest($1::text[]) as d on conflict do nothing`;
      for (const stale of [['2026-09-30', '2026-11-01'], days]) {
        await db.query(mark, [stale]);
        await refreshRollups(db, 'acme', logs);
        assert.deepEqual(await readRollups(db), before);
      }
      const month = `select 'acme', 'access_logs', d::date from generate_series('2026-09-30'::date, '2026-11-01', '1 day') as d`;
      await db.query(`insert into zendesk_sync.stale_days (account, stream, day) ${month}`);
      assert.equal(await refreshRollups(db, 'acme', logs), 33);
      assert.deepEqual(await readRollups(db), before);
      assert.equal(before.length, 8);
      assert.deepEqual(await db.query('select from zendesk_sync.stale_days'), []);
    });
  });

  it('count changes by type, action and actor', async () => {
    await withLedger(async (db) => {
      const change = {
        id: 1,
        created_at: '2026-11-19T10:00:00Z',
        action: 'update',
        source_type: 'rule',
        actor_id: 5,
      };
      await storeRecords(db, auditLogs, [
        change,
        { ...change, id: 2 },
        { id: 3, created_at: '2026-11-19T11:00:00Z' },
      ]);
      await refreshRollups(db, 'acme', logs);
      assert.deepEqual(
        await db.query(
          `select day::text, source_type, action, actor_id::integer, changes from zendesk.audit_day order by changes`,
        ),
        [
          { day: '2026-11-19', source_type: '', action: '', actor_id: 0, changes: 1 },
          { day: '2026-11-19', source_type: 'rule', action: 'update', actor_id: 5, changes: 2 },
        ],
      );
    });
  });

  it('lose no mark when a page is stored while its day is recomputed', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, first);
      const late = readRecords(accessLogs, usualClassify, [
        look('b9', '2026-11-19T13:00:00Z', '/api/v2/tickets/9', 5),
      ]);
      let refreshed: Promise<number> | undefined;
      await db.transaction(async (tx) => {
        await writeRows(tx, accessLogs, 'acme', late, { covered: [] });
        await markStaleDays(tx, 'acme', accessLogs, late);
        await tx.query('set local idle_in_transaction_session_timeout = 0');
        refreshed = refreshRollups(db, 'acme', logs);
        await waitForLock(db);
      });
      await refreshed;
      assert.deepEqual(
        await db.query(
          `select requests from zendesk.agent_day where day = '2026-11-19' and user_id = 5`,
        ),
        [{ requests: 4 }],
      );
    });
  });
});

async function readRollups(db: Database): Promise<readonly string[]> {
  const rows = await db.query<{ line: string }>(
    `select a::text as line from zendesk.agent_day a union all select r::text from zendesk.resource_day r order by 1`,
  );
  return rows.map(({ line }) => line);
}

/** Until a statement waits for the lock of another. */
async function waitForLock(db: Database): Promise<void> {
  for (;;) {
    const waiting = await db.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
  }
}
