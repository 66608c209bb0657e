import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, findChanges } from '../../support/audit-rows.ts';

describe('the rule dormant_admin', () => {
  const records = [
    at('01-01T12:00:00'),
    at('03-02T12:00:00'),
    at('05-01T12:00:01', { action: 'login' }),
    at('05-01T12:00:01'),
    at('01-01T12:00:00', { actor_id: 6 }),
    at('12-01T12:00:00', { actor_id: 6 }),
  ];
  const person = (id: number, role: string): string =>
    `insert into zendesk.users (account, id, role, team_member, valid_from) values ('acme', ${id}, '${role}', true, '2025-01-01')`;

  it('finds the first record after more than 60 days, of admins and of unknown people', async () => {
    assert.deepEqual(await findChanges('dormant_admin', records, [person(6, 'agent')]), [
      [3, 'Admin active again after 60 days: Trigger: Hello'],
    ]);
    assert.deepEqual(
      (await findChanges('dormant_admin', records, [person(5, 'agent'), person(6, 'admin')])).map(
        ([id]) => id,
      ),
      [6],
    );
  });

  it('uses the role at that time if it is known', async () => {
    const once = `insert into zendesk.user_history (account, id, valid_from, role, team_member) values ('acme', 5, '2025-01-01', 'admin', true)`;
    assert.deepEqual(
      (
        await findChanges('dormant_admin', records, [
          person(5, 'end-user'),
          person(6, 'agent'),
          once,
        ])
      ).map(([id]) => id),
      [3],
    );
  });
});
