import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AuditRecord,
  loadFindings,
  setting,
  storeAuditRows,
  token,
  user,
} from '../support/audit-rows.ts';
import { withLedger } from '../support/ledger.ts';

const suspension = (change_description: string, action: string): AuditRecord => ({
  source_type: 'user_setting',
  source_label: 'Suspension state: Bob Cat',
  change_description,
  action,
});
/** Records of published rules and of Zendesk's documentation, and similar ones that must not match, each with its findings. */
const cases: readonly (readonly [AuditRecord, ...string[]])[] = [
  [
    {
      source_type: 'account',
      source_label: 'Account: Account',
      change_description: 'Owner changed from Bob Cat to Mountain Lion',
    },
    'account_owner_changed high',
  ],
  [
    {
      source_type: 'account',
      source_label: 'Account: Account',
      change_description: 'Plan changed from A to B',
    },
  ],
  [{ source_type: 'user', change_description: 'Owner changed from A to B' }],
  [
    setting('Zendesk Support Mobile App Access', 'Disabled', 'create'),
    'mobile_app_access_changed info',
  ],
  [
    setting('Zendesk Support Mobile App Access', 'Enabled', 'create'),
    'mobile_app_access_changed medium',
  ],
  [setting('Zendesk Support Mobile App Access', 'Enabled', 'destroy')],
  [token('api_token', 'create'), 'api_token_changed high'],
  [token('apitoken', 'create', 'CI'), 'api_token_changed high'],
  [
    token('account_setting', 'create', 'Zendesk API: Active API tokens'),
    'api_token_changed high',
    'security_setting_changed info',
  ],
  [token('api_token', 'destroy', 'API token: CI'), 'api_token_changed info'],
  [token('apitoken', 'update'), 'api_token_updated medium'],
  [token('rule', 'create', 'Rotate API token')],
  [setting('Credit Card Redaction', 'Disabled'), 'redaction_changed high'],
  [setting('Credit Card Redaction', 'Turned off', 'destroy'), 'redaction_changed high'],
  [setting('Credit Card Redaction', 'Enabled', 'create'), 'redaction_changed info'],
  [setting('Account Assumption', 'Changed'), 'account_assumption_changed medium'],
  [
    setting('Assumption duration', 'Changed from 1 day to 1 week', 'create'),
    'account_assumption_changed medium',
  ],
  [
    setting('Security: Enable Account assumption', 'Turned on'),
    'account_assumption_changed medium',
    'security_setting_changed info',
  ],
  [setting('Account Assumptions of ours', 'Enabled')],
  [user('Role changed from End User to Administrator'), 'admin_role_assigned medium'],
  [
    user('Explore role changed from not set to Viewer\nGuide role changed from not set to Admin'),
    'admin_role_assigned medium',
  ],
  [
    user(
      'Support role changed from Admin to Agent\\nTalk role changed from not set to Account owner',
    ),
    'admin_role_assigned medium',
  ],
  [user('Role changed from Admin to Agent'), 'user_role_changed info'],
  [user('Role changed from Administrator to End User'), 'user_role_changed info'],
  [user('Organization: AAAA is asigned')],
  [
    user('Guide role changed from Admin to Viewer\\nExplore role changed from Viewer to Studio'),
    'user_role_changed info',
  ],
  [user('Role changed from Agent to Admin', 'create')],
  [suspension('Suspended', 'create'), 'user_suspension_changed info'],
  [suspension('Unsuspended', 'update'), 'user_suspension_changed high'],
  [suspension('Suspended', 'destroy')],
  [user('Suspended')],
  [
    setting('Two-Factor authentication for all admins and agents', 'Disabled'),
    'two_factor_off high',
  ],
  [setting('Require Two Factor', 'disabled', 'create'), 'two_factor_off high'],
  [
    setting('Security: Require two-factor authentication', 'Turned off'),
    'security_setting_changed info',
    'two_factor_off high',
  ],
  [setting('Require Two Factor', 'Enabled')],
  [
    setting('Security: Enable IP restrictions', 'Turned off'),
    'ip_restriction_off high',
    'security_setting_changed info',
  ],
  [setting('Security: Enable IP restrictions', 'Turned on'), 'security_setting_changed info'],
  [
    setting('Security: Password policy', 'Changed from High to Recommended'),
    'password_policy_changed medium',
    'security_setting_changed info',
  ],
  [
    setting('Security: Session expiration', 'Changed from 10 minutes to 30 minutes'),
    'security_setting_changed info',
    'session_lengthened medium',
  ],
  [
    setting('Security: Session expiration', 'Changed from 8 hours to 2 weeks'),
    'security_setting_changed info',
    'session_lengthened medium',
  ],
  [setting('Session timeout', 'Changed from 2 weeks to 8 hours')],
  [setting('Session timeout', 'Changed from 7 days to 1 week')],
  [setting('Session timeout', 'Changed from 10 apples to 99999999999 years')],
  [
    user(
      'Successful sign-in using Zendesk password from https://acme.zendesk.com/access/login',
      'login',
    ),
  ],
  [{ source_type: 'ticket', source_label: 'Ticket: #1', action: 'destroy' }, 'ticket_deleted low'],
  [{ source_type: 'ticket', source_label: 'Ticket: #1' }],
  [{ source_type: 'account', action: 'exported' }, 'exported medium'],
  [
    { source_type: 'zendesk/app_market/app', source_label: 'App: Slack', action: 'create' },
    'app_changed low',
  ],
  [
    {
      source_type: 'organization',
      source_label: 'Organization: NCSOFT Corporation',
      change_description: 'Group changed from Premium Support to Premium Support Korea',
    },
    'group_changed info',
  ],
  [user('Added to group Billing'), 'group_changed info'],
  [{ source_type: 'rule', change_description: 'Group changed from A to B' }],
  [user('E-mail cat@example.com added'), 'email_added medium'],
  [user('Added identity cat@example.com'), 'email_added medium'],
  [user('Title of the e-mail changed')],
  [
    {
      actor_id: -1,
      actor_name: 'Zendesk',
      ip_address: null,
      source_type: 'account',
      source_label: 'Deleted users: Deleted users',
      action: 'destroy',
    },
    'system_change info',
  ],
  [{ actor_id: 12, actor_name: 'Zendesk', source_type: 'rule' }, 'system_change info'],
  [{ source_type: null, source_label: null, action: null, actor_name: null, ip_address: null }],
];

describe('the rules that look at one record', () => {
  it('find in each record exactly what they should', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(
        db,
        cases.map(([record]) => record),
      );
      const found = (await loadFindings(db)).map(
        ({ id, rule, severity }) => `${id} ${rule} ${severity}`,
      );
      assert.deepEqual(
        found,
        cases.flatMap(([, ...findings], index) =>
          findings.map((finding) => `${index + 1} ${finding}`),
        ),
      );
    });
  });
});
