import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import {
  type AccessRow,
  at,
  traceQuery,
  listPartitions,
  storeAccessRows,
} from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

const at12 = (more: Readonly<Record<string, unknown>>): AccessRow => at('11-18T12:00:00', more);

/** The columns of all events in the order of the requests. */
async function loadEvents(db: Database, columns: string): Promise<unknown[][]> {
  const rows = await db.query<{ event: unknown[] }>(
    `select jsonb_build_array(${columns}) as event from zendesk.access_events order by account, timestamp, id`,
  );
  return rows.map(({ event }) => event);
}

describe('access_events', () => {
  it('combines who sent a request, how, and what it was about', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at12({
          url: '/api/v2/tickets/show_many?ids=9,8',
          status: 304,
          ip_address: '2001:db8::7',
          origin_service: 'classic',
          referer: 'https://acme.zendesk.com/agent/tickets/9?brand=1',
          category: 'Tickets',
          summary: 'Show many tickets',
          bytes_sent: 1234,
          graphql: { operation_name: 'tickets', operation_type: 'QUERY' },
        }),
      ]);
      const [row] = await db.query<{ event: object }>(
        `select to_jsonb(e) - 'timestamp' || jsonb_build_object('noon', timestamp = '2026-11-18T12:00:00Z',
           'first_synced_at', first_synced_at <= now(), 'synced_at', synced_at = first_synced_at) as event
         from zendesk.access_events e`,
      );
      assert.deepEqual(row?.event, {
        account: 'acme',
        id: '000001',
        noon: true,
        user_id: 5,
        user_name: null,
        user_email: null,
        user_role: null,
        kind: 'view',
        resource_type: 'ticket',
        resource_id: '9',
        resource_count: 2,
        resources: [
          { id: '9', type: 'ticket' },
          { id: '8', type: 'ticket' },
        ],
        search_query: null,
        method: 'GET',
        path: '/api/v2/tickets/show_many',
        status: 304,
        is_denied: false,
        is_service_account: false,
        ip_address: '2001:db8::7',
        address: '2001:db8::7',
        client: 'Mozilla/5.0 Firefox/145.0',
        authorization_type: 'session',
        screen: 'https://acme.zendesk.com/agent/tickets/9',
        graphql_operation_name: 'tickets',
        graphql_operation_type: 'QUERY',
        category: 'Tickets',
        summary: 'Show many tickets',
        origin_service: 'classic',
        bytes_sent: 1234,
        first_synced_at: true,
        synced_at: true,
        role_source: null,
      });
    });
  });

  it('has one row for each request, whatever it was about, including noise', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at12({ url: '/api/v2/users/7/identities/8' }),
        at12({ url: '/api/v2/tickets' }),
        at12({ url: '/api/v2/users/me.json' }),
        at12({ url: '/api/v2/moon_phases/3' }),
        at12({ url: '/api/v2/search?query=lost parcel&page=2' }),
        at12({ url: null, user_id: null, status: null, ip_address: null, client: null }),
      ]);
      assert.deepEqual(
        await loadEvents(
          db,
          'kind, resource_type, resource_id, resource_count, resources, search_query',
        ),
        [
          [
            'view',
            'user',
            '7',
            2,
            [
              { id: '7', type: 'user' },
              { id: '8', type: 'identity' },
            ],
            null,
          ],
          ['list', 'ticket', null, 0, [], null],
          ['noise', null, null, 0, [], null],
          ['unclassified', null, null, 0, [], null],
          ['search', null, null, 0, [], 'lost parcel'],
          ['unclassified', null, null, 0, [], null],
        ],
      );
    });
  });

  it('keeps equal ids of two accounts apart, and leaves out resources without a request', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at12({})]);
      await db.query(
        `insert into zendesk.access_logs select (jsonb_populate_record(l, '{"account": "other", "user_id": 6}')).* from zendesk.access_logs l`,
      );
      await db.query(
        `insert into zendesk.access_log_resources
         select (jsonb_populate_record(r, '{"access_log_id": "lost"}')).* from zendesk.access_log_resources r`,
      );
      assert.deepEqual(await loadEvents(db, 'account, id, user_id, kind, resource_id'), [
        ['acme', '000001', 5, 'view', '1'],
        ['other', '000001', 6, 'noise', null],
      ]);
    });
  });

  it('names people as they were at the time, otherwise as they are now', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at('11-01T12:00:00'),
        at('11-10T12:00:00'),
        at('11-20T12:00:00'),
        at('11-20T12:00:00', { user_id: 6 }),
      ]);
      await db.query(
        `insert into zendesk.users (account, id, name, email, role, team_member, valid_from)
         values ('acme', 5, 'Joe Newname', 'new@acme.example', 'admin', true, '2026-11-15')`,
      );
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, valid_to, name, email, role, team_member) values
           ('acme', 5, '2026-11-10 12:00:00+00', '2026-11-15', 'Joe Oldname', 'old@acme.example', 'agent', true),
           ('acme', 5, '2026-11-15', null, 'Joe Newname', 'new@acme.example', 'admin', true),
           ('other', 6, '2026-11-10', null, 'Somebody Else', 'else@other.example', 'agent', true)`,
      );
      assert.deepEqual(await loadEvents(db, 'user_name, user_email, user_role, role_source'), [
        ['Joe Newname', 'new@acme.example', 'agent', 'present'],
        ['Joe Oldname', 'old@acme.example', 'agent', 'observed'],
        ['Joe Newname', 'new@acme.example', 'admin', 'observed'],
        [null, null, null, null],
      ]);
    });
  });

  it('marks the statuses 401, 403 and 404 as denied, and no others', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(
        db,
        [200, 304, 400, 401, 403, 404, 422, 500, null].map((status) => at12({ status })),
      );
      assert.deepEqual(
        (await loadEvents(db, 'status, is_denied')).filter(([, denied]) => denied === true),
        [
          [401, true],
          [403, true],
          [404, true],
        ],
      );
    });
  });

  it('shows urls without their queries, also if Zendesk has removed the question mark', async () => {
    await withLedger(async (db) => {
      const urls = [
        '/api/v2/search.json?query=secret',
        '/api/v2/search/incremental?{...}&query=secret words',
        '/api/v2/search/{...}&query=secret',
        '/agent/search#secret',
      ];
      await storeAccessRows(
        db,
        urls.map((url) => at12({ url, referer: `https://acme.zendesk.com${url}` })),
      );
      assert.deepEqual(
        await loadEvents(db, 'path, screen'),
        [
          '/api/v2/search.json',
          '/api/v2/search/incremental',
          '/api/v2/search/{...}',
          '/agent/search',
        ].map((path) => [path, `https://acme.zendesk.com${path}`]),
      );
    });
  });

  it('reads only the requested partitions, by the index of the person, and looks up only what is shown', async () => {
    await withLedger(async (db) => {
      const people = Array.from({ length: 400 }, (_, n) => 1 + (n % 200));
      await storeAccessRows(
        db,
        ['09-18', '10-18', '11-18'].flatMap((day) =>
          people.map((user_id, n) => at(`${day}T12:${10 + (n % 50)}:${10 + (n % 8)}`, { user_id })),
        ),
      );
      await db.query('analyze');
      const day = `account = 'acme' and timestamp >= '2026-11-18' and timestamp < '2026-11-19'`;
      const plan = await traceQuery(
        db,
        `select id, kind from zendesk.access_events where ${day} and user_id = 5`,
      );
      assert.deepEqual(listPartitions(plan), [
        'access_log_resources_2026_11',
        'access_logs_2026_11',
      ]);
      assert.match(plan, /Index Cond: .*account = 'acme'.*user_id = 5.*"timestamp" >= /);
      assert.doesNotMatch(plan, /Seq Scan on access_log|service_accounts/);
    });
  });

  it('finds a resource, an address and a name through indexes, whatever else is stored', async () => {
    await withLedger(async (db) => {
      const people = Array.from({ length: 400 }, (_, n) => 1 + (n % 100));
      await storeAccessRows(
        db,
        people.map((user_id, n) =>
          at12({ user_id, url: `/api/v2/tickets/${n}`, ip_address: `10.0.0.${user_id}` }),
        ),
      );
      await db.query(
        `insert into zendesk.users (account, id, name, team_member, valid_from)
         select 'acme', id, 'Agent ' || id, true, now() from generate_series(1, 100) as id`,
      );
      await db.query('analyze');
      const conditions = [
        [`resource_type = 'ticket' and resource_id = '7'`, /Index Cond: .*resource_id = '7'/, 1],
        [`ip_address = '10.0.0.9'`, /Index Cond: .*ip_address = '10.0.0.9'/, 4],
        [`user_name = 'Agent 7'`, /Index Cond: .*user_id = h\.id\) AND/, 4],
      ] as const;
      for (const [condition, index, rows] of conditions) {
        const query = `select id from zendesk.access_events where account = 'acme' and ${condition}`;
        assert.match(await traceQuery(db, query), index);
        assert.equal((await db.query(query)).length, rows);
      }
    });
  });

  it('knows how often each kind occurs, so that the newest of a common one are found without reading all', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(
        db,
        Array.from({ length: 2000 }, (_, n) =>
          at(`11-18T${10 + (n % 10)}:${10 + (n % 50)}:${10 + (n % 49)}`, {
            url: n % 500 === 0 ? '/api/v2/search.json?query=a' : `/api/v2/tickets/${n}`,
          }),
        ),
      );
      await db.query(`select zendesk_sync.refresh_statistics('zendesk.access_logs')`);
      await db.query(`select zendesk_sync.refresh_statistics('zendesk.access_log_resources')`);
      const guess = async (kind: string): Promise<number> => {
        const [first] = await db.query<{ 'QUERY PLAN': string }>(
          `explain select id from zendesk.access_events where account = 'acme' and kind = '${kind}'`,
        );
        return Number(/rows=(\d+)/.exec(first?.['QUERY PLAN'] ?? '')?.[1]);
      };
      assert.equal(await guess('view'), 1996);
      assert.equal(await guess('search'), 4);
    });
  });
});
