import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import type { ActivityDays, ActivityTotals } from '../../src/page/views/activity/load-activity.ts';
import { activityQuestions } from '../../src/page/views/activity/routes.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { withLedger } from '../support/ledger.ts';
import { asks } from '../support/page-service.ts';
import { storeRecords } from '../support/stored-records.ts';

const now = new Date('2026-11-19T15:00:00Z');

async function ask<Answer>(
  db: Database,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const question = activityQuestions.find((each) => each.path === path);
  assert.ok(question !== undefined);
  return (await question.ask(db, asks(now, parameters))) as Answer;
}

const look = (id: string, timestamp: string, url: string, user: number): object => ({
  id,
  timestamp,
  url,
  user_id: user,
  status: 200,
  method: 'GET',
});

const login = (
  id: number,
  created_at: string,
  ip_address: string | null,
  user: number,
): object => ({
  id,
  created_at,
  action: 'login',
  source_type: 'user',
  source_id: user,
  actor_id: user,
  ip_address,
});

async function storeSome(db: Database): Promise<void> {
  await storeRecords(db, accessLogs, [
    look('a1', '2026-11-17T10:00:00Z', '/api/v2/tickets/7', 5),
    look('a2', '2026-11-18T10:00:00Z', '/api/v2/tickets/7', 5),
    look('a3', '2026-11-18T10:00:01Z', '/api/v2/tickets/8', 5),
    look('a4', '2026-11-18T10:00:02Z', '/api/v2/search?query=x', 6),
    look('a5', '2026-11-18T10:00:03Z', '/api/v2/tickets/9', 6),
  ]);
  await storeRecords(db, auditLogs, [
    login(1, '2026-11-17T08:00:00Z', '203.0.113.9', 5),
    login(2, '2026-11-18T08:00:00Z', '203.0.113.77', 6),
    login(3, '2026-11-18T08:30:00Z', '2001:db8:1:2::9', 5),
    login(4, '2026-11-18T08:40:00Z', null, 5),
    {
      id: 5,
      created_at: '2026-11-18T09:00:00Z',
      action: 'update',
      source_type: 'rule',
      actor_id: 5,
    },
  ]);
  await refreshRollups(db, 'acme', listLogs(streams));
}

describe('the activity of the page', { concurrency: 2 }, () => {
  it('has the same requests, changes and sign-ins of each day as the rows', async () => {
    await withLedger(async (db) => {
      await storeSome(db);
      const days = await ask<ActivityDays>(db, 'activity/days', { account: 'acme' });
      assert.deepEqual(
        days.requests.map(({ day, requests, views, searches, rest }) => ({
          day,
          requests,
          views,
          searches,
          rest,
        })),
        await db.query(
          `select e.timestamp::date::text as day, count(*)::float8 as requests, count(*) filter (where kind = 'view')::float8 as views,
             count(*) filter (where kind = 'search')::float8 as searches, count(*) filter (where kind = 'noise')::float8 as rest
           from zendesk.access_events e group by 1 order by 1`,
        ),
      );
      assert.deepEqual(
        days.changes,
        await db.query(
          `select created_at::date::text as day, source_type as name, count(*)::float8 as count from zendesk.audit_logs group by 1, 2 order by 1, 2`,
        ),
      );
      assert.deepEqual(days.signIns, [
        { day: '2026-11-17', name: '203.0.113.0/24', count: 1 },
        { day: '2026-11-18', name: '', count: 1 },
        { day: '2026-11-18', name: '2001:db8:1::/48', count: 1 },
        { day: '2026-11-18', name: '203.0.113.0/24', count: 1 },
      ]);
      assert.deepEqual([days.first, days.last, days.pending], ['2026-11-17', '2026-11-18', 0]);
    });
  });

  it('has who opened most tickets, what was changed, and the networks of a time range', async () => {
    await withLedger(async (db) => {
      await storeSome(db);
      const totals = await ask<ActivityTotals>(db, 'activity/totals', { account: 'acme' });
      assert.deepEqual(
        totals.agents.map(({ personId, tickets, requests, days }) => [
          personId,
          tickets,
          requests,
          days,
        ]),
        [
          ['5', 3, 3, 2],
          ['6', 1, 2, 1],
        ],
      );
      assert.deepEqual(
        totals.changes.map(({ type, action, changes, actors }) => [type, action, changes, actors]),
        [
          ['user', 'login', 4, 2],
          ['rule', 'update', 1, 1],
        ],
      );
      assert.deepEqual(
        totals.networks.map(({ network, signIns, days }) => [network, signIns, days]),
        [
          ['203.0.113.0/24', 2, 2],
          ['', 1, 1],
          ['2001:db8:1::/48', 1, 1],
        ],
      );
      const oneDay = await ask<ActivityTotals>(db, 'activity/totals', {
        account: 'acme',
        from: '2026-11-17',
        until: '2026-11-18',
      });
      assert.deepEqual(
        oneDay.agents.map(({ personId, tickets }) => [personId, tickets]),
        [['5', 1]],
      );
      const other = await ask<ActivityTotals>(db, 'activity/totals', { account: 'other' });
      assert.deepEqual(other, {
        from: '2026-08-22',
        until: '2026-11-20',
        agents: [],
        changes: [],
        networks: [],
      });
    });
  });

  it('names the most frequent types of changes, and adds the others up', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk.audit_day select 'acme', '2026-11-18', 'type' || n, 'update', 5, 10 - n, now(), now() from generate_series(1, 8) as n`,
      );
      const { changes } = await ask<ActivityDays>(db, 'activity/days');
      assert.deepEqual(
        changes.map(({ name, count }) => [name, count]),
        [
          ['others', 5],
          ['type1', 9],
          ['type2', 8],
          ['type3', 7],
          ['type4', 6],
          ['type5', 5],
          ['type6', 4],
        ],
      );
    });
  });

  for (const [what, parameters, expected] of [
    ['a day that is none', { from: '2026-02-30' }, 'The day "from" must be like 2026-11-03.'],
    ['another form', { until: 'today' }, 'The day "until" must be like 2026-11-03.'],
    [
      'an empty time range',
      { from: '2026-11-03', until: '2026-11-03' },
      'until must be later than from.',
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      await withLedger(async (db) => {
        await assert.rejects(ask(db, 'activity/days', parameters), { message: expected });
      });
    });
});
