import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import {
  at,
  explainQuery,
  listPartitions,
  loadAccessFindings,
  storeAccessRows,
} from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

const secret = { url: '/api/v2/oauth/tokens/7' };

/** One request with findings of three rules. */
async function storeCatch(db: Database): Promise<void> {
  await storeAccessRows(db, [
    at('11-02T12:00:00', { ip_address: '192.0.2.1' }),
    at('11-18T12:00:00', { ...secret, authorization_type: 'basic', client: 'curl/8.5.0' }),
  ]);
}

const loadRules = async (db: Database): Promise<string[]> =>
  (
    await db.query<{ line: string }>(
      `select concat_ws(' ', account, rule, severity) as line from zendesk_sync.found_in_access_logs order by 1`,
    )
  ).map(({ line }) => line);

describe('access_findings', () => {
  it('says who did it, when, and which request it was', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        at('11-18T12:00:00', secret),
        at('11-18T12:00:01', { ...secret, user_id: 6 }),
      ]);
      await db.query(
        `insert into zendesk.users (account, id, name, team_member, valid_from) values ('acme', 5, 'Joe Newname', true, now())`,
      );
      const load = () =>
        db.query(
          `select account, rule, severity, created_at, actor_id::integer, actor_name, summary, access_log_id
           from zendesk_sync.found_in_access_logs order by created_at`,
        );
      const [joe, other] = [
        [5, 'Joe Newname', '2026-11-18T12:00:00Z', '000001'],
        [6, null, '2026-11-18T12:00:01Z', '000002'],
      ].map(([actor_id, actor_name, moment, access_log_id]) => ({
        account: 'acme',
        rule: 'secret_access',
        severity: 'high',
        created_at: new Date(String(moment)),
        actor_id,
        actor_name,
        summary: 'Credential read or changed: oauth_token 7',
        access_log_id,
      }));
      assert.deepEqual(await load(), [joe, other]);
      await db.query(
        `insert into zendesk.user_history (account, id, valid_from, name, active, suspended, team_member)
         values ('acme', 5, '2026-11-10', 'Joe Oldname', true, false, true)`,
      );
      assert.deepEqual(await load(), [{ ...joe, actor_name: 'Joe Oldname' }, other]);
    });
  });

  it('is switched off, raised in severity and changed by changing the row of a rule', async () => {
    await withLedger(async (db) => {
      await storeCatch(db);
      assert.deepEqual(await loadRules(db), [
        'acme api_access low',
        'acme new_client low',
        'acme new_network low',
        'acme secret_access high',
      ]);
      await db.query(
        `update zendesk.finding_rules set severity = 'medium' where rule = 'new_client'`,
      );
      await db.query(`update zendesk.finding_rules set enabled = false where rule = 'api_access'`);
      await db.query(
        `update zendesk.finding_rules set parameters = '{"learning_days": 17}' where rule = 'new_network'`,
      );
      await db.query(
        `update zendesk.finding_rules set title = 'Look here' where rule = 'secret_access'`,
      );
      assert.deepEqual(await loadRules(db), ['acme new_client medium', 'acme secret_access high']);
      assert.deepEqual(await loadAccessFindings(db, 'secret_access'), [
        [2, 'Look here: oauth_token 7'],
      ]);
      await db.query('update zendesk.finding_rules set enabled = false');
      assert.deepEqual(await loadRules(db), []);
    });
  });

  it('keeps accounts apart', async () => {
    await withLedger(async (db) => {
      await storeCatch(db);
      for (const table of ['access_logs', 'access_log_resources'])
        await db.query(
          `insert into zendesk.${table} select (jsonb_populate_record(t, '{"account": "other"}')).*
           from zendesk.${table} t where timestamp > '2026-11-10'`,
        );
      assert.deepEqual(
        (await loadRules(db)).filter((line) => line.startsWith('other')),
        ['other api_access low', 'other secret_access high'],
      );
    });
  });

  it('is computed only for the requested rule and month, and looks back through indexes', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [at('09-18T12:00:00'), at('10-18T12:00:00'), at('11-18T12:00:00')]);
      const explain = (rule: string) =>
        explainQuery(
          db,
          `select * from zendesk_sync.found_in_access_logs
           where account = 'acme' and rule = '${rule}' and created_at >= '2026-11-01'`,
        );
      const bulk = await explain('bulk_read');
      assert.deepEqual(listPartitions(bulk), [
        'access_log_resources_2026_11',
        // The look-up of the request by its key: the month is known only when it runs.
        'access_logs_2026_09',
        'access_logs_2026_10',
        'access_logs_2026_11',
      ]);
      assert.doesNotMatch(bulk, /watchlist|search_patterns|pg_timezone_names/);
      const { rules } = (
        await db.query<{ rules: string[] }>(
          `select array_agg(rule order by rule) as rules from zendesk.finding_rules where stream = 'access_logs'`,
        )
      )[0] ?? { rules: [] };
      assert.equal(rules.length, 18);
      for (const rule of rules)
        assert.doesNotMatch(await explain(rule), /Seq Scan on access_log/, rule);
    });
  });
});
