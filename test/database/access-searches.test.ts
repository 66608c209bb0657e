import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  at,
  explainQuery,
  isProgram,
  listPartitions,
  storeAccessRows,
} from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

describe('access_searches', () => {
  it('shows what was searched for, where, and the outcome, and contains only searches', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(
        db,
        [
          '/api/v2/search.json?query=lost parcel',
          '/api/v2/search/incremental?{...}',
          '/api/v2/search/export?query=type%3Aticket',
          '/api/v2/users/autocomplete.json?name=joe%20d',
          '/hc/api/v2/articles/search?[...]query=credit%20card',
          '/api/v2/tickets/1',
          '/api/v2/tickets',
          '/api/v2/users/me?query=me',
        ].map((url, second) => at(`11-18T12:00:0${second}`, { url })),
      );
      assert.deepEqual(
        await db.query(
          `select access_log_id::integer as id, kind, resource_type, search_query
           from zendesk.access_searches order by timestamp`,
        ),
        [
          { id: 1, kind: 'search', resource_type: null, search_query: 'lost parcel' },
          { id: 2, kind: 'search', resource_type: null, search_query: null },
          { id: 3, kind: 'export', resource_type: null, search_query: 'type:ticket' },
          { id: 4, kind: 'search', resource_type: 'user', search_query: 'joe d' },
          { id: 5, kind: 'search', resource_type: 'article', search_query: 'credit card' },
        ],
      );
    });
  });

  it('names people as they were at the time, otherwise as they are now, and marks programs and denied requests', async () => {
    const url = '/api/v2/search?query=x';
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at('11-01T12:00:00', { url }),
        at('11-18T12:00:00', { url, status: 403 }),
        at('11-18T12:00:01', { url, user_id: 8, status: 500 }),
        at('11-18T12:00:02', { url, user_id: null, status: null }),
      ]);
      await db.query(isProgram(8));
      await db.query(
        `insert into zendesk.users (account, id, name, email, team_member, valid_from) values
           ('acme', 5, 'Joe Newname', 'new@acme.example', true, now()), ('acme', 8, 'Robot', null, true, now())`,
      );
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, name, email, team_member)
         values ('acme', 5, '2026-11-10', 'Joe Oldname', 'old@acme.example', true)`,
      );
      assert.deepEqual(
        await db.query(
          `select account, access_log_id::integer as id, timestamp, user_id::integer, user_name, user_email, status,
             is_denied, is_service_account
           from zendesk.access_searches order by timestamp`,
        ),
        [
          ['2026-11-01T12:00:00Z', 5, 'Joe Newname', 'new@acme.example', 200, false, false],
          ['2026-11-18T12:00:00Z', 5, 'Joe Oldname', 'old@acme.example', 403, true, false],
          ['2026-11-18T12:00:01Z', 8, 'Robot', null, 500, false, true],
          ['2026-11-18T12:00:02Z', null, null, null, null, false, false],
        ].map(([moment, user_id, user_name, user_email, status, denied, program], index) => ({
          account: 'acme',
          id: index + 1,
          timestamp: new Date(String(moment)),
          user_id,
          user_name,
          user_email,
          status,
          is_denied: denied,
          is_service_account: program,
        })),
      );
    });
  });

  it('reads only the requested partition, by the index on time', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('10-18T12:00:00'), at('11-18T12:00:00')]);
      const plan = await explainQuery(
        db,
        `select * from zendesk.access_searches where account = 'acme' and timestamp >= '2026-11-18' and timestamp < '2026-11-19'`,
      );
      assert.deepEqual(listPartitions(plan), ['access_log_resources_2026_11']);
      assert.match(plan, /Index Scan using access_log_resources_2026_11_account_timestamp_idx/);
    });
  });
});
