import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuditRecord, at, findChanges } from '../../support/audit-rows.ts';

describe('the rule two_places', () => {
  const signIn = (moment: string, ip_address: string | null, more: AuditRecord = {}): AuditRecord =>
    at(moment, {
      action: 'login',
      source_type: 'user',
      source_label: 'Ann Admin',
      change_description: 'Successful sign-in using Zendesk password from https://x',
      ip_address,
      ...more,
    });
  const ranges = `insert into zendesk.ip_ranges (range, label, kind) values
    ('203.0.113.0/24', 'Spain', 'country'), ('198.51.100.0/24', 'Norway', 'place'),
    ('198.51.101.0/24', 'Norway', 'place'), ('192.0.2.0/24', 'Example Hosting', 'hosting')`;
  const [spain, norway, alsoNorway, hosting] = [
    '203.0.113.9',
    '198.51.100.7',
    '198.51.101.7',
    '192.0.2.1',
  ];

  it('finds a sign-in within three hours of one from somewhere else', async () => {
    assert.deepEqual(
      await findChanges(
        'two_places',
        [
          signIn('11-18T09:00:00', spain),
          signIn('11-18T12:00:00', norway),
          signIn('11-18T12:00:00', alsoNorway),
          signIn('11-18T12:10:00', spain),
          signIn('11-18T15:10:01', norway),
        ],
        [ranges],
      ),
      [
        [2, 'Sign-ins from two places: Norway, Spain 180 minutes before'],
        [4, 'Sign-ins from two places: Spain, Norway 10 minutes before'],
      ],
    );
  });

  it('finds nothing if a place is not known, for two people, for other records, or for programs', async () => {
    const first = signIn('11-18T12:00:00', spain);
    const then = '11-18T12:30:00';
    for (const second of [
      signIn(then, '10.0.0.1'),
      signIn(then, hosting),
      signIn(then, null),
      signIn(then, norway, { actor_id: 6 }),
      signIn(then, norway, { action: 'update' }),
    ])
      assert.deepEqual(await findChanges('two_places', [first, second], [ranges]), []);
    const program = `insert into zendesk.service_accounts (account, user_id) values ('acme', 5)`;
    assert.deepEqual(
      await findChanges('two_places', [first, signIn(then, norway)], [ranges, program]),
      [],
    );
  });
});
