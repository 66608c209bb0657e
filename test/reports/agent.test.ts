import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { countTimeline, readTimeline } from '../../src/reports/agent/sql.ts';
import { storeAccesses, type AccessRecord } from '../support/accessed-rows.ts';
import { collect } from '../support/collect.ts';
import { account, withStored } from '../support/report-data.ts';

const october = {
  account,
  from: new Date('2026-10-01T00:00:00Z'),
  to: new Date('2026-11-01T00:00:00Z'),
  agent: '7',
};

const lines = { requests: false, fields: 'usual' } as const;

async function linesOf(db: Database, filter = october): Promise<string[]> {
  return (await collect(readTimeline(db, filter, lines))).map((row) =>
    [
      row.first_at.toISOString().slice(5, 16),
      row.last_at.toISOString().slice(11, 16),
      row.kind,
      row.resource_type,
      row.resource_id,
      row.search_query,
      row.outcome,
      row.requests,
      row.addresses,
    ].join(' | '),
  );
}

const day = '2026-10-02';
const ticket = '/api/v2/tickets/1';
const search = '/api/v2/search/incremental?{...}&query=';
const requests: readonly AccessRecord[] = [
  { timestamp: '2026-09-30T23:59:59Z', url: ticket },
  { timestamp: `${day}T10:00:00Z`, url: ticket },
  { timestamp: `${day}T10:10:00Z`, url: `${search}credit card` },
  { timestamp: `${day}T10:12:00Z`, url: `${search}credit card` },
  { timestamp: `${day}T10:20:00Z`, url: ticket, status: 304, ip_address: '198.51.100.9' },
  { timestamp: `${day}T10:21:00Z`, url: ticket, status: 403 },
  { timestamp: `${day}T10:22:00Z`, url: '/api/v2/tickets/update_many?ids=1,2', method: 'PUT' },
  { timestamp: `${day}T10:23:00Z`, url: '/api/v2/tickets/9', user_id: 8 },
  {
    timestamp: `${day}T10:24:00Z`,
    url: '/api/v2/webhooks/01H7TC9307Z5S07QPRW8REK5RD/signing_secret',
  },
  { timestamp: `${day}T10:25:00Z`, url: '/api/v2/incremental/tickets/cursor' },
  { timestamp: `${day}T10:26:00Z`, url: '/api/v2/users/me/settings.json' },
  { timestamp: `${day}T10:50:00Z`, url: `${ticket}/comments.json` },
  { timestamp: `${day}T11:20:01Z`, url: ticket },
  { timestamp: '2026-10-03T00:00:00Z', url: '/api/v2/moon_phases/5' },
  { timestamp: '2026-11-01T00:00:00Z', url: ticket },
];

describe('the timeline of an agent', { concurrency: 2 }, () => {
  it('has a row for each visit, and one for each search, export, write and reading of a credential', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, requests);
      await storeAccesses(db, requests, 'other');
      assert.deepEqual(await linesOf(db), [
        '10-02T10:00 | 10:50 | view | ticket | 1 |  | ok | 3 | 198.51.100.9, 203.0.113.9',
        '10-02T10:10 | 10:10 | search |  |  | credit card | ok | 1 | 203.0.113.9',
        '10-02T10:12 | 10:12 | search |  |  | credit card | ok | 1 | 203.0.113.9',
        '10-02T10:21 | 10:21 | view | ticket | 1 |  | denied | 1 | 203.0.113.9',
        '10-02T10:22 | 10:22 | write | ticket | 1 |  | ok | 1 | 203.0.113.9',
        '10-02T10:22 | 10:22 | write | ticket | 2 |  | ok | 1 | 203.0.113.9',
        '10-02T10:24 | 10:24 | secret | webhook | 01H7TC9307Z5S07QPRW8REK5RD |  | ok | 1 | 203.0.113.9',
        '10-02T10:25 | 10:25 | export | ticket |  |  | ok | 1 | 203.0.113.9',
        '10-02T11:20 | 11:20 | view | ticket | 1 |  | ok | 1 | 203.0.113.9',
        '10-03T00:00 | 00:00 | unclassified |  |  |  | ok | 1 | 203.0.113.9',
      ]);
    });
  });

  it('counts each request once in its totals', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, requests);
      assert.deepEqual(await countTimeline(db, october), {
        requests: 11,
        denied: 1,
        agents: 1,
        addresses: 2,
        first_at: new Date('2026-10-02T10:00:00Z'),
        last_at: new Date('2026-10-03T00:00:00Z'),
        kinds: 'view 4, search 2, export 1, secret 1, unclassified 1, write 1',
        resources: 'ticket 2, webhook 1',
      });
    });
  });

  it('is empty for somebody who did nothing', async () => {
    await withStored(async (db) => {
      await storeAccesses(db, requests);
      const nobody = { ...october, agent: '99' };
      assert.deepEqual(await linesOf(db, nobody), []);
      assert.deepEqual(await countTimeline(db, nobody), {
        requests: 0,
        denied: 0,
        agents: 0,
        addresses: 0,
        first_at: null,
        last_at: null,
        kinds: null,
        resources: null,
      });
    });
  });
});
