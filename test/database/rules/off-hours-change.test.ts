import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, findChanges } from '../../support/audit-rows.ts';

describe('the rule off_hours_change', () => {
  const person = (id: number, zone: string): string =>
    `insert into zendesk.users (account, id, iana_time_zone, team_member, valid_from) values ('acme', ${id}, '${zone}', true, now())`;

  it('finds changes at night and at the weekend by the clock of the actor, otherwise in UTC', async () => {
    const found = await findChanges(
      'off_hours_change',
      [
        at('11-18T06:59:59'),
        at('11-18T07:00:00'),
        at('11-18T19:59:59'),
        at('11-18T20:00:00'),
        at('11-21T12:00:00'),
        at('11-18T12:00:00', { actor_id: 6 }),
        at('11-18T23:00:00', { actor_id: 6 }),
        at('11-18T23:00:00', { actor_id: 7 }),
        at('11-18T23:00:00', { actor_id: -1 }),
        at('11-18T23:00:00', { action: 'login' }),
      ],
      [person(6, 'Asia/Tokyo'), person(7, 'Nowhere/Atlantis')],
    );
    assert.deepEqual(found, [
      [1, 'Change off hours: Wednesday 06:59, Trigger: Hello'],
      [6, 'Change off hours: Wednesday 21:00, Trigger: Hello'],
      [4, 'Change off hours: Wednesday 20:00, Trigger: Hello'],
      [8, 'Change off hours: Wednesday 23:00, Trigger: Hello'],
      [5, 'Change off hours: Saturday 12:00, Trigger: Hello'],
    ]);
  });
});
