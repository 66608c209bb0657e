import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuditRecord, at, findChanges } from '../../support/audit-rows.ts';

describe('the rule change_after_grant', () => {
  const grant = at('11-18T12:00:00', {
    source_type: 'user',
    source_id: 6,
    source_label: 'Eve',
    change_description: 'Role changed from Agent to Admin',
  });
  const change: AuditRecord = {
    actor_id: 6,
    source_type: 'account_setting',
    source_label: 'Require Two Factor',
    change_description: 'Disabled',
  };

  it('finds security changes by a person within a day of becoming an admin', async () => {
    const found = await findChanges('change_after_grant', [
      at('11-18T11:59:59', change),
      grant,
      at('11-18T12:00:00', change),
      at('11-19T12:00:00', { ...change, source_type: 'apitoken', action: 'create' }),
      at('11-19T12:00:01', change),
      at('11-18T13:00:00', { ...change, actor_id: 5 }),
      at('11-18T13:00:00', { ...change, source_type: 'rule' }),
    ]);
    assert.deepEqual(found, [
      [
        3,
        'Security change soon after admin role of 2026-11-18 12:00 UTC: Require Two Factor – Disabled',
      ],
      [
        4,
        'Security change soon after admin role of 2026-11-18 12:00 UTC: Require Two Factor – Disabled',
      ],
    ]);
  });

  it('works without the other rule, and does not count other role changes as grants', async () => {
    const off = `update zendesk.finding_rules set enabled = false where rule = 'admin_role_assigned'`;
    assert.deepEqual(
      (await findChanges('change_after_grant', [grant, at('11-18T13:00:00', change)], [off])).map(
        ([id]) => id,
      ),
      [2],
    );
    const demotion = { ...grant, change_description: 'Role changed from Admin to Agent' };
    assert.deepEqual(
      await findChanges('change_after_grant', [demotion, at('11-18T13:00:00', change)]),
      [],
    );
  });
});
