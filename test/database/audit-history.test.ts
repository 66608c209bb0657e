import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeAuditRows } from '../support/audit-rows.ts';
import { withLedger } from '../support/ledger.ts';

const user = { source_type: 'user', source_label: 'Team member: Bob Cat', source_id: 8 };

describe('user_role_history', () => {
  it('has a row for each line of a role change, valid until the next one of the same product', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        {
          ...user,
          created_at: '2024-01-01T00:00:00Z',
          change_description: 'Role changed from End User to Agent',
        },
        {
          ...user,
          created_at: '2024-02-01T00:00:00Z',
          change_description:
            'Guide role changed from not set to Admin\\nSupport role changed from Agent to Admin\nEmail added',
        },
        {
          ...user,
          created_at: '2024-03-01T00:00:00Z',
          change_description: 'Guide role changed from Admin to Viewer',
        },
        {
          ...user,
          source_id: 9,
          source_label: 'Eve',
          created_at: '2024-01-15T00:00:00Z',
          change_description: 'Role changed from Agent to Admin',
        },
        {
          ...user,
          created_at: '2024-04-01T00:00:00Z',
          change_description: 'Group changed from A to B',
        },
        {
          ...user,
          created_at: '2024-04-01T00:00:00Z',
          action: 'login',
          change_description: 'Role changed from A to B',
        },
        {
          created_at: '2024-04-01T00:00:00Z',
          source_type: 'rule',
          change_description: 'Role changed from A to B',
        },
      ]);
      await storeAuditRows(
        db,
        [
          {
            ...user,
            created_at: '2024-01-20T00:00:00Z',
            change_description: 'Role changed from A to B',
          },
        ],
        'other',
      );
      const rows = await db.query<Record<string, unknown>>(
        `select user_id::integer, user_name, product, old_role, new_role, valid_from::date::text, valid_until::date::text, actor_id::integer, actor_name, audit_log_id::integer
         from zendesk.user_role_history where account = 'acme' order by user_id, valid_from, product`,
      );
      assert.deepEqual(rows.map(Object.values), [
        [
          8,
          'Bob Cat',
          'Support',
          'End User',
          'Agent',
          '2024-01-01',
          '2024-02-01',
          5,
          'Ann Admin',
          1,
        ],
        [8, 'Bob Cat', 'Guide', 'not set', 'Admin', '2024-02-01', '2024-03-01', 5, 'Ann Admin', 2],
        [8, 'Bob Cat', 'Support', 'Agent', 'Admin', '2024-02-01', null, 5, 'Ann Admin', 2],
        [8, 'Bob Cat', 'Guide', 'Admin', 'Viewer', '2024-03-01', null, 5, 'Ann Admin', 3],
        [9, 'Eve', 'Support', 'Agent', 'Admin', '2024-01-15', null, 5, 'Ann Admin', 4],
      ]);
    });
  });
});

describe('setting_history', () => {
  it('shows a setting or schedule at a given time', async () => {
    const session = {
      source_type: 'account_setting',
      source_label: 'Security: Session expiration',
    };
    const week = {
      source_type: 'zendesk/business_hours/workweek',
      source_label: 'Workweek: Central US Schedule',
      source_id: 3,
    };
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        {
          ...session,
          created_at: '2024-05-21T09:00:00Z',
          change_description: 'Changed from 10 minutes to 30 minutes',
        },
        {
          ...session,
          created_at: '2024-06-21T09:00:00Z',
          change_description: 'Changed from 30 minutes to 8 hours',
        },
        {
          source_type: 'account_setting',
          source_label: 'Credit Card Redaction',
          created_at: '2024-05-30T00:00:00Z',
          change_description: 'Disabled',
        },
        {
          ...week,
          created_at: '2024-05-01T00:00:00Z',
          change_description: 'Workweek changed from {&quot;a&quot;} to {&quot;b&quot;}',
        },
        {
          ...week,
          source_id: 4,
          created_at: '2024-05-02T00:00:00Z',
          change_description: 'Workweek changed from c to d',
        },
        {
          source_type: 'account',
          source_label: 'Account: Account',
          created_at: '2024-05-03T00:00:00Z',
          change_description: 'Owner changed from A to B',
        },
        {
          source_type: 'account',
          source_label: 'Account: Account',
          created_at: '2024-05-04T00:00:00Z',
          change_description: 'Plan changed from C to D',
        },
        {
          source_type: 'rule',
          created_at: '2024-05-03T00:00:00Z',
          change_description: 'Title changed from A to B',
        },
      ]);
      const rows = await db.query<Record<string, unknown>>(
        `select setting, property, old_value, new_value, valid_from::date::text, valid_until::date::text, audit_log_id::integer
         from zendesk.setting_history order by valid_from`,
      );
      assert.deepEqual(rows.map(Object.values), [
        ['Workweek: Central US Schedule', 'Workweek', '{"a"}', '{"b"}', '2024-05-01', null, 4],
        ['Workweek: Central US Schedule', 'Workweek', 'c', 'd', '2024-05-02', null, 5],
        ['Account: Account', 'Owner', 'A', 'B', '2024-05-03', null, 6],
        ['Account: Account', 'Plan', 'C', 'D', '2024-05-04', null, 7],
        [
          'Security: Session expiration',
          null,
          '10 minutes',
          '30 minutes',
          '2024-05-21',
          '2024-06-21',
          1,
        ],
        ['Credit Card Redaction', null, null, 'disabled', '2024-05-30', null, 3],
        ['Security: Session expiration', null, '30 minutes', '8 hours', '2024-06-21', null, 2],
      ]);
    });
  });
});

describe('sign_ins', () => {
  it('says who signed in, how and from where', async () => {
    const signIn = { ...user, action: 'login' };
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        {
          ...signIn,
          change_description:
            'Successful sign-in using Zendesk password from https://acme.zendesk.com/access/login',
        },
        {
          ...signIn,
          change_description: 'Successful sign-in using SAML',
          ip_address: '2001:db8::1',
        },
        { ...signIn, change_description: 'Signed in', ip_address: null },
        { ...user, change_description: 'Role changed from A to B' },
        { source_type: 'rule', action: 'login' },
      ]);
      const rows = await db.query<Record<string, unknown>>(
        'select audit_log_id::integer, user_id::integer, user_name, method, ip_address::text, url from zendesk.sign_ins order by audit_log_id',
      );
      assert.deepEqual(rows.map(Object.values), [
        [
          1,
          8,
          'Bob Cat',
          'Zendesk password',
          '203.0.113.9/32',
          'https://acme.zendesk.com/access/login',
        ],
        [2, 8, 'Bob Cat', 'SAML', '2001:db8::1/128', null],
        [3, 8, 'Bob Cat', null, null, null],
      ]);
    });
  });
});

describe('audit_vocabulary', () => {
  it('lists the kinds of records with their first and last time', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        { ...user, created_at: '2024-01-01T00:00:00Z' },
        { ...user, created_at: '2026-01-01T00:00:00Z' },
        { ...user, created_at: '2025-01-01T00:00:00Z', source_label: 'Eve' },
        { ...user, created_at: '2025-01-01T00:00:00Z', action: 'login' },
      ]);
      const rows = await db.query<Record<string, unknown>>(
        `select account, source_type, action, source_label_type, first_seen::date::text, last_seen::date::text, changes
         from zendesk.audit_vocabulary order by action desc, source_label_type`,
      );
      assert.deepEqual(rows.map(Object.values), [
        ['acme', 'user', 'update', 'Team member', '2024-01-01', '2026-01-01', '2'],
        ['acme', 'user', 'update', null, '2025-01-01', '2025-01-01', '1'],
        ['acme', 'user', 'login', 'Team member', '2025-01-01', '2025-01-01', '1'],
      ]);
    });
  });
});
