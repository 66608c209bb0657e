import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuditRecord, at, findChanges } from '../support/audit-rows.ts';

describe('bulk_destroy', () => {
  const deletions = (count: number, more: AuditRecord = {}): AuditRecord[] =>
    Array.from({ length: count }, (_, n) =>
      at(`11-18T12:0${Math.floor(n / 3)}:00`, { action: 'destroy', ...more }),
    );

  it('finds the tenth deletion within ten minutes, and not those after it', async () => {
    assert.deepEqual(await findChanges('bulk_destroy', deletions(14)), [
      [10, 'Many deletions: 10 within 10 minutes, the last: Trigger: Hello'],
    ]);
  });

  it('finds nothing for nine, for ten by two people, for ten over a longer time, or for ten updates', async () => {
    const nine = deletions(9);
    for (const tenth of [
      { actor_id: 6 },
      { created_at: '2026-11-18T12:10:00Z' },
      { action: 'update' },
    ]) {
      assert.deepEqual(
        await findChanges('bulk_destroy', [...nine, { ...deletions(1)[0], ...tenth }]),
        [],
      );
    }
  });

  it('takes its threshold from the rule', async () => {
    const fewer = `update zendesk.finding_rules set parameters = '{"count": 3, "minutes": 1}' where rule = 'bulk_destroy'`;
    assert.deepEqual(
      (await findChanges('bulk_destroy', deletions(4), [fewer])).map(([id]) => id),
      [3],
    );
  });
});

describe('first_seen_network', () => {
  const records = [
    at('11-01T12:00:00'),
    at('11-14T12:00:00', { ip_address: '198.51.100.7' }),
    at('11-15T12:00:00', { ip_address: '203.0.113.200' }),
    at('11-16T12:00:00', { ip_address: '198.51.101.7' }),
    at('11-17T12:00:00', { ip_address: '198.51.101.8' }),
    at('11-18T12:00:00', { ip_address: '2001:db8:1:2::3' }),
    at('11-19T12:00:00', { ip_address: '2001:db8:1:9::3' }),
    at('11-20T12:00:00', { ip_address: null }),
    at('11-20T12:00:00', { ip_address: '192.0.2.1', actor_id: 6 }),
  ];
  it('finds the first record from a network after two weeks of learning', async () => {
    assert.deepEqual(await findChanges('first_seen_network', records), [
      [4, 'First activity from this network: 198.51.101.0/24, Trigger: Hello'],
      [6, 'First activity from this network: 2001:db8:1::/48, Trigger: Hello'],
    ]);
  });

  it('leaves programs out', async () => {
    const program = `insert into zendesk.service_accounts (account, user_id) values ('acme', 5)`;
    assert.deepEqual(await findChanges('first_seen_network', records, [program]), []);
  });
});

describe('off_hours_change', () => {
  const person = (id: number, zone: string): string =>
    `insert into zendesk.users (account, id, iana_time_zone, team_member, valid_from) values ('acme', ${id}, '${zone}', true, now())`;

  it('finds changes at night and at the weekend in the time zone of the actor, else in UTC', async () => {
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

describe('dormant_admin', () => {
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

  it('finds the first record after more than 60 days, of admins and of people whose role is not known', async () => {
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

  it('goes by the role of that time where it is known', async () => {
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

describe('change_after_grant', () => {
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

  it('does not need the other rule to be on, and does not take other role changes for grants', async () => {
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
