import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import {
  countConfirmed,
  listNeverNamed,
  readConfirmed,
} from '../../src/reports/subject/confirmed-sql.ts';
import { countPossible, readPossible } from '../../src/reports/subject/possible-sql.ts';
import type { SubjectRow } from '../../src/reports/subject/question.ts';
import { storeAccesses } from '../support/accessed-rows.ts';
import { collect } from '../support/collect.ts';
import { account, withStored } from '../support/report-data.ts';

const subject = {
  account,
  from: new Date('2026-10-01T00:00:00Z'),
  to: new Date('2026-11-01T00:00:00Z'),
  user: '900',
  tickets: ['1', '2'],
};
const days = ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04'].map((day) => new Date(day));
const day = '2026-10-02';

const lines = { requests: false, fields: 'usual' } as const;

const line = (row: SubjectRow): string =>
  [
    row.first_at.toISOString().slice(5, 16),
    row.last_at.toISOString().slice(11, 16),
    row.user_id,
    row.by_program,
    row.kinds,
    row.resource_types,
    row.resource_id,
    row.search_query,
    row.requests,
    row.addresses,
  ].join(' | ');

async function confirmedLines(db: Database): Promise<string[]> {
  return (await collect(readConfirmed(db, subject, lines))).map(line);
}

async function possibleLines(
  db: Database,
  grouping: Partial<Parameters<typeof readPossible>[2]> = {},
): Promise<string[]> {
  const rows = readPossible(db, subject, { days, searchText: true, ...grouping }, lines);
  return (await collect(rows)).map(line);
}

describe('certain access to a person', { concurrency: 2 }, () => {
  it('is a visit for each agent and record until more than 30 minutes pass', async () => {
    await withStored(async (db) => {
      const requests = [
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/1' },
        { timestamp: `${day}T10:00:01Z`, url: '/api/v2/users/900' },
        { timestamp: `${day}T10:05:00Z`, url: '/api/v2/tickets/1', method: 'PUT' },
        {
          timestamp: `${day}T10:10:00Z`,
          url: '/api/v2/tickets/1',
          user_id: 8,
          ip_address: '2001:db8::7',
        },
        { timestamp: `${day}T10:35:00Z`, url: '/api/v2/tickets/1', ip_address: '198.51.100.9' },
        { timestamp: `${day}T11:05:01Z`, url: '/api/v2/tickets/1' },
        // None of these: another ticket, another person, other times.
        { timestamp: `${day}T11:05:02Z`, url: '/api/v2/tickets/3' },
        { timestamp: `${day}T11:05:03Z`, url: '/api/v2/users/1' },
        { timestamp: '2026-11-01T00:00:00Z', url: '/api/v2/tickets/1' },
        { timestamp: '2026-09-30T23:59:59Z', url: '/api/v2/tickets/1' },
      ];
      await storeAccesses(db, requests);
      await storeAccesses(db, requests, 'other');
      assert.deepEqual(await confirmedLines(db), [
        '10-02T10:00 | 10:35 | 7 | false | view, write | ticket | 1 |  | 3 | 198.51.100.9, 203.0.113.9',
        '10-02T10:00 | 10:00 | 7 | false | view | user | 900 |  | 1 | 203.0.113.9',
        '10-02T10:10 | 10:10 | 8 | false | view | ticket | 1 |  | 1 | 2001:db8::7',
        '10-02T11:05 | 11:05 | 7 | false | view | ticket | 1 |  | 1 | 203.0.113.9',
      ]);
      assert.deepEqual(await countConfirmed(db, subject), {
        requests: 6,
        visits: 4,
        agents: 2,
        tickets: 1,
        first_at: new Date('2026-10-02T10:00:00Z'),
        last_at: new Date('2026-10-02T11:05:01Z'),
        by_program: 0,
        unanswered: 0,
      });
    });
  });

  it('counts a request once although it names several records, and not if it was not answered', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, [
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/show_many?ids=1,2,5' },
        { timestamp: `${day}T10:00:01Z`, url: '/api/v2/tickets/show_many?ids=2,1', status: 403 },
        { timestamp: `${day}T10:00:02Z`, url: '/api/v2/tickets/1', status: 500 },
        { timestamp: `${day}T10:00:03Z`, url: '/api/v2/users/900', user_id: 8 },
        {
          timestamp: `${day}T10:00:04Z`,
          url: '/api/v2/users/show_many?ids=900',
          client: 'zendesk-log-sync/0.1.0',
        },
      ]);
      await db.query(`insert into zendesk.service_accounts (account, user_id) values ('acme', 8)`);
      const totals = await countConfirmed(db, subject);
      assert.deepEqual(totals, {
        requests: 3,
        visits: 4,
        agents: 2,
        tickets: 2,
        first_at: new Date('2026-10-02T10:00:00Z'),
        last_at: new Date('2026-10-02T10:00:04Z'),
        by_program: 2,
        unanswered: 2,
      });
      assert.deepEqual(await confirmedLines(db), [
        '10-02T10:00 | 10:00 | 7 | false | view | ticket | 1 |  | 1 | 203.0.113.9',
        '10-02T10:00 | 10:00 | 7 | false | view | ticket | 2 |  | 1 | 203.0.113.9',
        '10-02T10:00 | 10:00 | 8 | true | view | user | 900 |  | 1 | 203.0.113.9',
        '10-02T10:00 | 10:00 | 7 | true | view | user | 900 |  | 1 | 203.0.113.9',
      ]);
    });
  });

  it('is empty when nobody opened a record, and the records that no request named are listed', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, [{ timestamp: '2026-08-02T10:00:00Z', url: '/api/v2/tickets/2' }]);
      await storeAccesses(
        db,
        [{ timestamp: `${day}T10:00:00Z`, url: '/api/v2/users/900' }],
        'other',
      );
      assert.deepEqual(await countConfirmed(db, subject), {
        requests: 0,
        visits: 0,
        agents: 0,
        tickets: 0,
        first_at: null,
        last_at: null,
        by_program: 0,
        unanswered: 0,
      });
      assert.deepEqual(await confirmedLines(db), []);
      assert.deepEqual(await listNeverNamed(db, subject), [
        { resource_type: 'user', resource_id: '900' },
        { resource_type: 'ticket', resource_id: '1' },
      ]);
      assert.deepEqual(await listNeverNamed(db, { ...subject, user: '2' }), [
        { resource_type: 'user', resource_id: '2' },
        { resource_type: 'ticket', resource_id: '1' },
      ]);
    });
  });
});

describe('possible access to a person', { concurrency: 2 }, () => {
  it('is a list, search or export of people or tickets, or a request that no rule matches: a row for each day, agent and kind', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, [
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets.json' },
        { timestamp: `${day}T10:00:01Z`, url: '/api/v2/organizations/5/users.json' },
        { timestamp: `${day}T10:00:02Z`, url: '/api/v2/users/7/tickets/assigned/{...}' },
        { timestamp: `${day}T12:00:00Z`, url: '/api/v2/users', ip_address: '198.51.100.9' },
        { timestamp: `${day}T12:00:01Z`, url: '/api/v2/views/5/tickets.json' },
        { timestamp: `${day}T10:00:03Z`, url: '/api/v2/search?query=jane' },
        { timestamp: `${day}T10:00:04Z`, url: '/api/v2/search?query=jane' },
        { timestamp: `${day}T10:00:05Z`, url: '/api/v2/search?query=joe' },
        { timestamp: `${day}T10:00:06Z`, url: '/api/v2/views/5/export', user_id: 8 },
        { timestamp: `${day}T10:00:07Z`, url: '/api/v2/moon_phases', user_id: 8 },
        { timestamp: '2026-10-03T10:00:00Z', url: '/api/v2/tickets.json' },
        // None of these: they show nobody, or somebody else, or were not answered, or came at other times.
        { timestamp: `${day}T10:00:08Z`, url: '/api/v2/macros' },
        { timestamp: `${day}T10:00:09Z`, url: '/api/v2/views' },
        { timestamp: `${day}T10:00:10Z`, url: '/api/v2/views/count_many.json?ids=5,6' },
        { timestamp: `${day}T10:00:11Z`, url: '/api/v2/tickets/count' },
        { timestamp: `${day}T10:00:12Z`, url: '/api/v2/tickets/count.json?{...}' },
        { timestamp: `${day}T10:00:13Z`, url: '/api/v2/users/901/tickets/requested' },
        { timestamp: `${day}T10:00:13Z`, url: '/api/v2/organizations/5/related.json?next=/users' },
        { timestamp: `${day}T10:00:13Z`, url: '/api/v2/users?ids=901,902' },
        { timestamp: `${day}T10:00:13Z`, url: '/api/v2/ticket_audits?ids=5' },
        { timestamp: `${day}T10:00:14Z`, url: '/api/v2/tickets/5' },
        { timestamp: `${day}T10:00:15Z`, url: '/api/v2/tickets', status: 403 },
        { timestamp: `${day}T10:00:16Z`, url: '/api/v2/users/me/settings.json' },
        { timestamp: '2026-11-02T10:00:00Z', url: '/api/v2/tickets' },
      ]);
      await storeAccesses(db, [{ timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets' }], 'other');
      assert.deepEqual(await possibleLines(db), [
        '10-02T10:00 | 12:00 | 7 | false | list | organization, ticket, user, view |  |  | 5 | 198.51.100.9, 203.0.113.9',
        '10-02T10:00 | 10:00 | 7 | false | search |  |  | jane | 2 | 203.0.113.9',
        '10-02T10:00 | 10:00 | 7 | false | search |  |  | joe | 1 | 203.0.113.9',
        '10-02T10:00 | 10:00 | 8 | false | export | view |  |  | 1 | 203.0.113.9',
        '10-02T10:00 | 10:00 | 8 | false | unclassified |  |  |  | 1 | 203.0.113.9',
        '10-03T10:00 | 10:00 | 7 | false | list | ticket |  |  | 1 | 203.0.113.9',
      ]);
      assert.deepEqual(await countPossible(db, subject), [
        { kind: 'export', requests: 1, agents: 1 },
        { kind: 'list', requests: 6, agents: 1 },
        { kind: 'search', requests: 3, agents: 1 },
        { kind: 'unclassified', requests: 1, agents: 1 },
      ]);
      const hidden = await possibleLines(db, { searchText: false });
      assert.deepEqual(
        hidden.filter((text) => text.includes('search')),
        ['10-02T10:00 | 10:00 | 7 | false | search |  |  |  | 3 | 203.0.113.9'],
      );
      const oneDay = [new Date('2026-10-01')];
      assert.equal((await possibleLines(db, { days: oneDay })).length, 5);
    });
  });

  it('leaves out the requests that count as certain', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, [
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/users/900/tickets/requested' },
        { timestamp: `${day}T10:00:01Z`, url: '/api/v2/search?query=jane' },
      ]);
      assert.equal((await confirmedLines(db)).length, 1);
      assert.deepEqual(await possibleLines(db), [
        '10-02T10:00 | 10:00 | 7 | false | search |  |  | jane | 1 | 203.0.113.9',
      ]);
    });
  });

  it('does not include a request without readable ids: its ids may be those of the person', async () => {
    await withStored(async (db) => {
      const graphql = (query: string, variables: string | null): Record<string, unknown> => ({
        operation_name: 'ticket',
        operation_type: 'QUERY',
        query,
        variables,
      });
      const requests = [
        { url: '/api/v2/users/show_many?{...}' },
        { url: '/api/v2/tickets/show_many?{...}' },
        { url: '/api/v2/tickets/update_many?{...}', method: 'PUT' },
        { url: '/graphql', method: 'POST', graphql: graphql('{ ticket(id: 1) { id } }', '{}') },
        { url: '/graphql', method: 'POST', graphql: graphql('{ ticket(id: $t) { id } }', null) },
        {
          url: '/graphql',
          method: 'POST',
          graphql: graphql('{ ticket(id: $t) { id } }', '{"a":{"b":{"c":{"id":"1"}}}}'),
        },
        // Creates something, and names another ticket.
        { url: '/api/v2/tickets', method: 'POST' },
        { url: '/api/v2/tickets/55' },
      ];
      await storeAccesses(
        db,
        requests.map((each, index) => ({ timestamp: `${day}T10:0${index}:00Z`, ...each })),
      );
      assert.deepEqual(await countPossible(db, subject), [
        { kind: 'unnamed', requests: 6, agents: 1 },
      ]);
    });
  });
});
