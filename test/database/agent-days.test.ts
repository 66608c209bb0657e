import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { at, storeAccessRows } from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

describe('agent_days', () => {
  it('has each row of agent_day once, with the name that the person had at the end of the day', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at('11-17T12:00:00'),
        at('11-18T12:00:00'),
        at('11-19T12:00:00', { user_id: 6 }),
        at('11-19T12:00:00', { user_id: null }),
      ]);
      await db.query(
        `insert into zendesk.users (account, id, name, team_member, valid_from) values
           ('acme', 5, 'Joe Married', true, '2026-11-18T08:00:00Z')`,
      );
      await db.query(
        `insert into zendesk.user_history (account, id, name, team_member, valid_from) values
           ('acme', 5, 'Joe', true, '2026-11-01T00:00:00Z'), ('acme', 5, 'Joe Married', true, '2026-11-18T08:00:00Z')`,
      );
      await refreshRollups(db, 'acme', [accessLogs]);
      assert.deepEqual(
        await db.query(
          `select day::text, user_id::integer, user_name, requests from zendesk.agent_days order by day, user_id`,
        ),
        [
          { day: '2026-11-17', user_id: 5, user_name: 'Joe', requests: 1 },
          { day: '2026-11-18', user_id: 5, user_name: 'Joe Married', requests: 1 },
          { day: '2026-11-19', user_id: 0, user_name: null, requests: 1 },
          { day: '2026-11-19', user_id: 6, user_name: null, requests: 1 },
        ],
      );
    });
  });
});
