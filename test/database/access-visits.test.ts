import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import {
  type AccessRow,
  at,
  explainQuery,
  isProgram,
  listPartitions,
  own,
  storeAccessRows,
} from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

/** What the user interface requests when a ticket is opened. */
const readTicket = {
  operation_name: 'ticket',
  operation_type: 'QUERY',
  query: 'query ticket($id: ID!) { ticket(id: $id) { id } }',
  variables: '{"id":"1"}',
};

/** The visits as `user type id first–last requests`, in the order of their beginnings. */
async function loadVisits(db: Database): Promise<string[]> {
  const rows = await db.query<{ line: string }>(
    `select concat_ws(' ', user_id, resource_type, resource_id,
       to_char(first_at at time zone 'UTC', 'HH24:MI:SS-') || to_char(last_at at time zone 'UTC', 'HH24:MI:SS'),
       requests, case when is_denied then 'denied' end) as line
     from zendesk.access_visits where account = 'acme' order by day, access_log_id, resource_type, resource_id`,
  );
  return rows.map(({ line }) => line);
}

/** Stores the requests and returns the visits they make. */
async function listVisits(rows: readonly AccessRow[]): Promise<string[]> {
  return withLedger(async (db) => {
    await storeAccessRows(db, rows);
    return loadVisits(db);
  });
}

describe('access_visits', () => {
  it('makes one visit from the many requests that open a ticket', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at('11-18T12:00:00', { url: '/api/v2/tickets/1' }),
        ...['comments', 'audits', 'related', 'tags', 'metrics', 'collaborators', 'incidents'].map(
          (part) => at('11-18T12:00:01', { url: `/api/v2/tickets/1/${part}.json` }),
        ),
        at('11-18T12:00:02', { url: '/graphql', method: 'POST', graphql: readTicket }),
        at('11-18T12:00:03', { url: '/api/v2/users/me' }),
        at('11-18T12:00:04', { url: '/api/v2/tickets/1', method: 'PUT', ip_address: '192.0.2.1' }),
        at('11-18T12:00:05', { url: '/api/v2/tickets?page=2' }),
        at('11-18T12:00:06', { ip_address: null }),
      ]);
      await db.query(
        `insert into zendesk.users (account, id, name, team_member, valid_from) values ('acme', 5, 'Joe', true, now())`,
      );
      assert.deepEqual(
        await db.query(
          `select v.*, day::text, user_id::integer, array_to_string(kinds, ' ') as kinds,
             array_to_string(ip_addresses, ' ') as ip_addresses
           from zendesk.access_visits v`,
        ),
        [
          {
            account: 'acme',
            day: '2026-11-18',
            user_id: 5,
            user_name: 'Joe',
            resource_type: 'ticket',
            resource_id: '1',
            is_denied: false,
            is_service_account: false,
            first_at: new Date('2026-11-18T12:00:00Z'),
            last_at: new Date('2026-11-18T12:00:06Z'),
            requests: 11,
            kind_list: 'view, write',
            kinds: 'view write',
            ip_addresses: '192.0.2.1 203.0.113.9',
            access_log_id: '000001',
            addresses: '192.0.2.1, 203.0.113.9',
          },
        ],
      );
    });
  });

  it('ends a visit after a pause of more than 30 minutes, but not after one of 30', async () => {
    assert.deepEqual(
      await listVisits([
        at('11-18T12:00:00'),
        at('11-18T12:30:00'),
        at('11-18T13:00:01'),
        at('11-18T13:20:00'),
        at('11-18T13:45:00'),
      ]),
      ['5 ticket 1 12:00:00-12:30:00 2', '5 ticket 1 13:00:01-13:45:00 3'],
    );
  });

  it('continues through a visit to something else', async () => {
    assert.deepEqual(
      await listVisits([
        at('11-18T12:00:00'),
        at('11-18T12:20:00', { url: '/api/v2/tickets/2' }),
        at('11-18T12:29:00'),
      ]),
      ['5 ticket 1 12:00:00-12:29:00 2', '5 ticket 2 12:20:00-12:20:00 1'],
    );
  });

  it('keeps people, resources and denied requests apart', async () => {
    assert.deepEqual(
      await listVisits([
        at('11-18T12:00:00'),
        at('11-18T12:00:00', { user_id: 6 }),
        at('11-18T12:00:00', { user_id: null }),
        at('11-18T12:00:00', { url: '/api/v2/users/1' }),
        at('11-18T12:00:00', { status: 404 }),
        at('11-18T12:00:01', { status: 403 }),
        at('11-18T12:00:01', { status: null }),
      ]),
      [
        '5 ticket 1 12:00:00-12:00:01 2',
        '6 ticket 1 12:00:00-12:00:00 1',
        'ticket 1 12:00:00-12:00:00 1',
        '5 user 1 12:00:00-12:00:00 1',
        '5 ticket 1 12:00:00-12:00:01 2 denied',
      ],
    );
  });

  it('counts a request for many resources to each of them', async () => {
    assert.deepEqual(
      await listVisits([
        at('11-18T12:00:00', { url: '/api/v2/tickets/show_many?ids=1,2' }),
        at('11-18T12:00:05', { url: '/api/v2/tickets/2' }),
      ]),
      ['5 ticket 1 12:00:00-12:00:00 1', '5 ticket 2 12:00:00-12:00:05 2'],
    );
  });

  it('ends visits at midnight UTC', async () => {
    assert.deepEqual(await listVisits([at('11-18T23:59:59'), at('11-19T00:00:00')]), [
      '5 ticket 1 23:59:59-23:59:59 1',
      '5 ticket 1 00:00:00-00:00:00 1',
    ]);
  });

  it('is the same before, while and after the rollups are computed', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T12:00:00'), at('11-19T12:00:00')]);
      const visits = await loadVisits(db);
      assert.equal(visits.length, 2);
      await refreshRollups(db, 'acme', [accessLogs]);
      assert.deepEqual(await loadVisits(db), visits);
      await db.query(
        `insert into zendesk_sync.stale_days (account, stream, day) values
           ('acme', 'access_logs', '2026-11-19'), ('acme', 'audit_logs', '2026-11-20')`,
      );
      assert.deepEqual(await loadVisits(db), visits);
    });
  });

  it('marks visits of programs: of users on the list, and those with only requests of this program', async () => {
    await withLedger(async (db) => {
      const sync = { url: '/api/v2/users/show_many?ids=1,2', ...own };
      await storeAccessRows(db, [
        at('11-18T12:00:00', sync),
        at('11-18T12:00:01', { url: '/api/v2/users/2' }),
        at('11-18T12:00:02', { user_id: 8 }),
        at('11-18T12:00:03', { user_id: null }),
      ]);
      await db.query(isProgram(8));
      assert.deepEqual(
        await db.query(
          `select user_id::integer, resource_type, resource_id, is_service_account
           from zendesk.access_visits order by access_log_id, resource_id`,
        ),
        [
          { user_id: 5, resource_type: 'user', resource_id: '1', is_service_account: true },
          { user_id: 5, resource_type: 'user', resource_id: '2', is_service_account: false },
          { user_id: 8, resource_type: 'ticket', resource_id: '1', is_service_account: true },
          { user_id: null, resource_type: 'ticket', resource_id: '1', is_service_account: false },
        ],
      );
    });
  });

  it('finds the newest of all accounts, and the newest denied ones, through an index and without sorting', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T12:00:00'), at('11-18T12:00:01', { status: 403 })]);
      for (const [condition, index] of [
        ['true', 'access_logs_2026_11_timestamp_idx'],
        ['is_denied', 'access_logs_2026_11_timestamp_idx1'],
      ] as const) {
        const plan = await db.transaction(async (tx) => {
          // Of so few rows any plan is good: the question is whether this one is possible.
          for (const way of ['sort', 'incremental_sort', 'bitmapscan', 'hashjoin', 'mergejoin'])
            await tx.query(`set local enable_${way} = off`);
          const lines = await tx.query<{ 'QUERY PLAN': string }>(
            `explain select * from zendesk.access_visits
             where first_at >= timestamptz '2026-11-01' and ${condition} order by first_at desc limit 5`,
          );
          return lines.map((line) => line['QUERY PLAN']).join('\n');
        });
        assert.match(plan, new RegExp(`Index Scan Backward using ${index} `), condition);
        assert.doesNotMatch(plan, /Sort Key: l/, condition);
      }
    });
  });

  it('reads only the partition of a day, also without a time, and guesses how many requests it has', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at('09-30T23:59:59'),
        ...Array.from({ length: 300 }, (_, n) => at(`10-${n < 200 ? '01' : '31'}T12:00:00`)),
        at('11-01T00:00:00'),
      ]);
      await db.query(`select zendesk_sync.refresh_statistics('zendesk.access_logs')`);
      const read = async (condition: string): Promise<string[]> => {
        const plan = await explainQuery(
          db,
          `select day from zendesk.access_visits where ${condition} order by first_at desc limit 5`,
        );
        return [...plan.matchAll(/ on (access_logs_\w+) l(?:_\d)?\b.* rows=(\d+)/g)]
          .map(([, name, rows]) => `${name} ${rows}`)
          .toSorted((a, b) => a.localeCompare(b));
      };
      assert.deepEqual(await read(`day = '2026-10-01'`), ['access_logs_2026_10 200']);
      assert.deepEqual(await read(`day = '2026-10-31'`), ['access_logs_2026_10 100']);
      assert.deepEqual(await read(`day >= '2026-11-01'`), ['access_logs_2026_11 1']);
      assert.deepEqual(await read(`day between '2026-09-30' and '2026-10-01'`), [
        'access_logs_2026_09 1',
        'access_logs_2026_10 200',
      ]);
      assert.deepEqual(
        await db.query(`select day::text, requests from zendesk.access_visits order by day`),
        [
          { day: '2026-09-30', requests: 1 },
          { day: '2026-10-01', requests: 200 },
          { day: '2026-10-31', requests: 100 },
          { day: '2026-11-01', requests: 1 },
        ],
      );
    });
  });

  it('finds the visits to a resource through its index', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T12:00:00')]);
      const plan = await explainQuery(
        db,
        `select * from zendesk.access_visits where account = 'acme' and resource_type = 'ticket' and resource_id = '1'`,
      );
      assert.deepEqual(listPartitions(plan), [
        'access_log_resources_2026_11',
        'access_logs_2026_11',
      ]);
      assert.match(plan, /Index Cond: \(+(r\.)?resource_id = '1'/);
    });
  });
});
