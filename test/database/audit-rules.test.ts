import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadFindings, setting, storeAuditRows, token, user } from '../support/audit-rows.ts';
import { withLedger } from '../support/ledger.ts';

describe('the rules about the audit log', () => {
  it('describe what was found on one line', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        setting('Require Two Factor', 'Disabled'),
        token('api_token', 'create', 'API token: CI'),
        user('Guide role changed from not set to Admin\\nExplore role changed from A to B'),
        setting('Session timeout', 'Changed from 10 minutes to 30 minutes'),
        { source_type: 'account', action: 'exported' },
        { source_type: 'ticket', action: 'destroy', source_label: 'Ticket: Something private' },
        { ...token('api_token', 'destroy'), change_description: 'x'.repeat(500) },
      ]);
      assert.deepEqual(
        (await loadFindings(db)).map(({ summary }) => summary),
        [
          'Two-factor authentication no longer required: Require Two Factor – Disabled',
          'API token created or deleted: API token: CI',
          'Admin role assigned: Bob Cat – Guide role changed from not set to Admin Explore role changed from A to B',
          'Session lengthened from 10 minutes to 30 minutes',
          'Data exported',
          'Ticket deleted: ticket 7',
          `API token created or deleted: API token – ${'x'.repeat(200)}`,
        ],
      );
    });
  });

  it('accept another spelling from a row, and the more severe of two patterns decides', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        setting('Zwei-Faktor-Anmeldung für alle', 'Ausgeschaltet'),
        token('api_token', 'destroy'),
      ]);
      assert.deepEqual(
        (await loadFindings(db)).map(({ rule }) => rule),
        ['api_token_changed'],
      );
      await db.query(
        `insert into zendesk.audit_patterns (rule, source_types, label, description, severity) values
           ('two_factor_off', '{account_setting}', '^zwei-faktor', '^ausgeschaltet$', null),
           ('api_token_changed', '{api_token}', null, null, 'medium')`,
      );
      assert.deepEqual(
        (await loadFindings(db)).map(({ id, rule, severity }) => [id, rule, severity]),
        [
          [1, 'two_factor_off', 'high'],
          [2, 'api_token_changed', 'medium'],
        ],
      );
    });
  });

  it('are switched off, raised in severity and limited to accounts by changing their row', async () => {
    await withLedger(async (db) => {
      const signIn = user('Successful sign-in using Zendesk password from https://x', 'login');
      for (const account of ['acme', 'other']) {
        await storeAuditRows(
          db,
          [
            signIn,
            { ...token('api_token', 'create') },
            { source_type: 'ticket', action: 'destroy' },
          ],
          account,
        );
      }
      await db.query(
        `update zendesk.finding_rules set parameters = '{"accounts": ["other"]}' where rule in ('password_sign_in', 'ticket_deleted')`,
      );
      await db.query(
        `update zendesk.finding_rules set severity = 'high' where rule = 'ticket_deleted'`,
      );
      await db.query(
        `update zendesk.finding_rules set enabled = false where rule = 'api_token_changed'`,
      );
      assert.deepEqual(
        await db.query(
          'select account, rule, severity from zendesk_sync.found_in_audit_logs order by rule',
        ),
        [
          { account: 'other', rule: 'password_sign_in', severity: 'medium' },
          { account: 'other', rule: 'ticket_deleted', severity: 'high' },
        ],
      );
    });
  });

  it('read only the requested partitions and rules', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(
        db,
        ['2024', '2025', '2026'].map((year) => ({ created_at: `${year}-11-18T12:00:00Z` })),
      );
      const plan = await db.query<{ 'QUERY PLAN': string }>(
        `explain select * from zendesk_sync.found_in_audit_logs
         where account = 'acme' and rule = 'two_factor_off' and created_at >= '2026-01-01'`,
      );
      const read = plan.map((line) => line['QUERY PLAN']).join('\n');
      assert.deepEqual([...new Set(read.match(/\baudit_logs_\d{4}/g))], ['audit_logs_2026']);
      assert.doesNotMatch(read, /\b(users|user_history|ip_ranges|service_accounts)\b/);
    });
  });
});
