import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { markStaleDays, refreshRollups } from '../../src/ingest/rollups.ts';
import { writeRows } from '../../src/ingest/rows/rows.ts';
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
  it('count each agent’s requests, kinds and different resources by day in UTC, and leave denied ones out of what was seen', async () => {
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
        await writeRows(tx, accessLogs, 'acme', late, { covered: [], mayCopy: true });
        await markStaleDays(tx, 'acme', accessLogs, late);
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

/** Until some statement waits for the lock of another. */
async function waitForLock(db: Database): Promise<void> {
  for (;;) {
    const waiting = await db.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
  }
}
