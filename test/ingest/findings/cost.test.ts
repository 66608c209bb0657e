/** What findings cost, in work that can be counted: spans that are asked about, and blocks that are read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessRow, at, storeAccessRows } from '../../support/access-view-rows.ts';
import { examineLogs } from '../../support/findings.ts';
import { withLedger } from '../../support/ledger.ts';

/** Two days of somebody who works at night, a request every half minute. */
const nights: readonly AccessRow[] = Array.from({ length: 4000 }, (_, index) => {
  const moment = new Date(Date.UTC(2026, 10, 17) + index * 30_000).toISOString().slice(5, 19);
  return at(moment, { url: `/api/v2/tickets/${index}` });
});

describe('the work of recomputing findings', () => {
  it('is one question for days that follow each other and have few rows', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-16T12:00:00'), at('11-17T12:00:00'), at('11-18T12:00:00')]);
      assert.equal((await examineLogs(db)).spans, 1);
    });
  });

  it('does not mark people one by one at the first look, and all of them are looked at', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('11-18T23:00:00', { user_id: 5 })]);
      await db.query(
        `insert into zendesk.users (account, id, name, iana_time_zone, team_member, valid_from)
         select 'acme', id, 'Ann', 'America/Los_Angeles', true, now() from generate_series(5, 500) as id`,
      );
      const { spans } = await examineLogs(db);
      assert.equal(spans, 1);
      assert.deepEqual(await db.query(`select rule from zendesk.findings`), []);
      await db.query(`update zendesk.users set iana_time_zone = 'UTC' where id in (5, 6)`);
      await examineLogs(db);
      assert.deepEqual(await db.query(`select rule, actor_name from zendesk.findings`), [
        { rule: 'off_hours_access', actor_name: 'Ann' },
      ]);
    });
  });

  it('reads a few blocks a row, however many requests somebody makes off hours', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, nights);
      await examineLogs(db);
      const [plan] = await db.query<{
        'QUERY PLAN': readonly [
          { Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } },
        ];
      }>(
        `explain (analyze, buffers, format json) select * from zendesk_sync.found_in_access_logs
         where account = 'acme' and rule in ('off_hours_access', 'search_then_open', 'new_client', 'enumeration')`,
      );
      const { Plan } = plan?.['QUERY PLAN'][0] ?? assert.fail();
      const blocks = Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
      assert.ok(blocks < 8 * nights.length, `${blocks} blocks`);
    });
  });
});
