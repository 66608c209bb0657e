import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listResourceTypes } from '../../src/reports/accessed/sql.ts';
import { readVisits } from '../../src/reports/shared/visits.ts';
import { loadTeamHistory } from '../../src/reports/shared/team.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { storeAccesses, storeState } from '../support/accessed-rows.ts';
import { collect } from '../support/collect.ts';
import { account, storePeople, withStored } from '../support/report-data.ts';

const span = {
  account,
  from: new Date('2026-10-31T12:00:00Z'),
  to: new Date('2026-11-02T00:00:00Z'),
};
const requests = {
  ...span,
  type: 'ticket',
  id: undefined,
  agents: undefined,
  requests: true,
  fields: 'usual',
} as const;
const day = '2026-11-01';

describe('the accesses to resources of one type', { concurrency: 2 }, () => {
  it('are one row for each request and resource, by time, from the start of the span to before its end', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, [
        { timestamp: '2026-10-31T11:59:59Z', url: '/api/v2/tickets/1' },
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/show_many.json?ids=30%2C4' },
        { timestamp: '2026-10-31T12:00:00Z', url: '/api/v2/tickets/937?[...]', user_id: 8 },
        {
          timestamp: `${day}T10:00:00Z`,
          url: '/graphql',
          method: 'POST',
          ip_address: '2001:db8::7',
          graphql: {
            operation_name: 'ticket',
            operation_type: 'QUERY',
            query: 'query ticket($id: ID!) { ticket(id: $id) { id } }',
            variables: '{"id":"199"}',
          },
        },
        { timestamp: '2026-11-02T00:00:00Z', url: '/api/v2/tickets/2' },
      ]);
      await storeAccesses(
        db,
        [{ timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/3' }],
        'other',
      );
      const rows = await collect(readVisits(db, requests));
      assert.deepEqual(
        rows.map(({ resource_id: id }) => id),
        ['937', '30', '4', '199'],
      );
      assert.deepEqual(rows[0], {
        first_at: new Date('2026-10-31T12:00:00Z'),
        last_at: new Date('2026-10-31T12:00:00Z'),
        user_id: '8',
        resource_id: '937',
        by_program: false,
        outcome: 'ok',
        kinds: 'view',
        requests: 1,
        addresses: '203.0.113.9',
        status: 200,
        access_log_id: rows[0]?.access_log_id,
      });
      assert.equal(rows[3]?.addresses, '2001:db8::7');
    });
  });

  it('are grouped into visits of one agent to one resource with one outcome, until more than 30 minutes pass', async () => {
    await withStored(async (db) => {
      const at = (time: string): string => `${day}T${time}Z`;
      const url = '/api/v2/tickets/1';
      await storeAccesses(db, [
        { timestamp: at('10:00:00'), url },
        { timestamp: at('10:10:00'), url, method: 'PUT', ip_address: '198.51.100.9' },
        { timestamp: at('10:20:00'), url: '/api/v2/tickets/show_many.json?ids=2%2C1' },
        { timestamp: at('10:21:00'), url, status: 403 },
        { timestamp: at('10:22:00'), url, user_id: 8 },
        { timestamp: at('10:50:00'), url },
        { timestamp: at('11:20:01'), url },
      ]);
      const visits = await collect(readVisits(db, { ...requests, requests: false }));
      assert.deepEqual(
        visits.map((visit) => [
          visit.first_at.toISOString().slice(11, 19),
          visit.last_at.toISOString().slice(11, 19),
          visit.user_id,
          visit.resource_id,
          visit.outcome,
          visit.kinds,
          visit.requests,
          visit.addresses,
          visit.status,
        ]),
        [
          [
            '10:00:00',
            '10:50:00',
            '7',
            '1',
            'ok',
            'view, write',
            4,
            '198.51.100.9, 203.0.113.9',
            null,
          ],
          ['10:20:00', '10:20:00', '7', '2', 'ok', 'view', 1, '203.0.113.9', null],
          ['10:21:00', '10:21:00', '7', '1', 'denied', 'view', 1, '203.0.113.9', null],
          ['10:22:00', '10:22:00', '8', '1', 'ok', 'view', 1, '203.0.113.9', null],
          ['11:20:01', '11:20:01', '7', '1', 'ok', 'view', 1, '203.0.113.9', null],
        ],
      );
    });
  });

  it('do not include lists, searches and exports without a named resource, or requests about other types', async () => {
    await withStored(async (db) => {
      await storeAccesses(
        db,
        [
          '/api/v2/tickets.json',
          '/api/v2/tickets/count',
          '/api/v2/search/incremental?{...}&query=agent guidelines',
          '/api/v2/incremental/tickets/cursor',
          '/api/v2/users/417/{...}',
          '/api/v2/users/me/settings.json',
          '/api/v2/moon_phases/5',
          '/api/v2/account/settings',
        ].map((url) => ({ timestamp: `${day}T10:00:00Z`, url })),
      );
      const idsOf = async (type: string): Promise<(string | null)[]> =>
        (await collect(readVisits(db, { ...requests, type }))).map(({ resource_id: id }) => id);
      assert.deepEqual(await idsOf('ticket'), []);
      assert.deepEqual(await idsOf('user'), ['417']);
      const settings = await db.query<{ type: string; kind: string }>(
        `select resource_type as type, kind from zendesk.access_log_resources where access_log_id like '%7'`,
      );
      assert.equal(settings.length, 1, 'the only thing of its type has no id, and is a row');
      if (settings[0]?.kind === 'view') assert.deepEqual(await idsOf(settings[0].type), [null]);
    });
  });

  it('show the outcome of each request, and whether a program sent it', async () => {
    await withStored(async (db) => {
      const url = '/api/v2/tickets/1';
      await storeAccesses(db, [
        ...[200, 304, null, 401, 403, 404, 429, 500].map((status, second) => ({
          timestamp: `${day}T10:00:0${second}Z`,
          url,
          status,
        })),
        { timestamp: `${day}T10:00:08Z`, url, client: 'zendesk-log-sync/0.1.0' },
        { timestamp: `${day}T10:00:09Z`, url, user_id: 9 },
        { timestamp: `${day}T10:00:10Z`, url, user_id: null },
      ]);
      await db.query(
        `insert into zendesk.service_accounts (account, user_id) values ('acme', 9), ('other', 7)`,
      );
      const rows = await collect(readVisits(db, requests));
      assert.deepEqual(
        rows.map(({ status, outcome, by_program: program }) => [status, outcome, program]),
        [
          [200, 'ok', false],
          [304, 'ok', false],
          [null, 'ok', false],
          [401, 'denied', false],
          [403, 'denied', false],
          [404, 'denied', false],
          [429, 'failed', false],
          [500, 'failed', false],
          // Anybody can send that user agent; this program requests no ticket while it pulls.
          [200, 'ok', false],
          [200, 'ok', true],
          [200, 'ok', false],
        ],
      );
      const of = async (...agents: string[]): Promise<number> =>
        (await collect(readVisits(db, { ...requests, agents }))).length;
      assert.deepEqual([await of('9'), await of('7', '9'), await of('5')], [1, 10, 0]);
    });
  });
});

describe('the types of resources', () => {
  it('are those in the requests, before and after the rollups are made', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, [
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/1' },
        { timestamp: `${day}T10:00:01Z`, url: '/api/v2/users/5' },
        { timestamp: '2026-10-01T10:00:00Z', url: '/api/v2/macros/5' },
        { timestamp: '2026-10-01T10:00:00Z', url: '/api/v2/moon_phases/5' },
      ]);
      await storeAccesses(db, [{ timestamp: `${day}T10:00:00Z`, url: '/api/v2/views/3' }], 'other');
      const types = ['macro', 'ticket', 'user'];
      assert.deepEqual(await listResourceTypes(db, account), types);
      assert.equal(await refreshRollups(db, account, [accessLogs]), 2);
      assert.deepEqual(await listResourceTypes(db, account), types);
      assert.deepEqual(await listResourceTypes(db, 'nobody'), []);
    });
  });
});

describe('the history of the team', () => {
  it('has every state of every member by time, and the current state of those without a history', async () => {
    await withStored(async (db) => {
      await storePeople(db, [
        { id: 8, name: 'Al Admin', role: 'admin' },
        { id: 7, name: 'Ann Married', role: 'agent' },
      ]);
      await storeState(db, { id: 7, name: 'Ann Married', role: 'agent', from: '2026-06-01' });
      await storeState(db, {
        id: 7,
        name: 'Ann Agent',
        role: 'admin',
        from: '2026-01-01',
        to: '2026-06-01',
      });
      const states = await loadTeamHistory(db, account);
      assert.deepEqual(
        states.map(({ id, name, role, teamMember }) => [id, name, role, teamMember]),
        [
          ['7', 'Ann Agent', 'admin', true],
          ['7', 'Ann Married', 'agent', true],
          ['8', 'Al Admin', 'admin', true],
        ],
      );
      assert.deepEqual(states[0]?.validFrom, new Date('2026-01-01T00:00:00Z'));
      assert.deepEqual(await loadTeamHistory(db, 'nobody'), []);
    });
  });
});
