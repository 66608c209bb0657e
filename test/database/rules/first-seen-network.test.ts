import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, findChanges } from '../../support/audit-rows.ts';

describe('the rule first_seen_network', () => {
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

  it('leaves out programs', async () => {
    const program = `insert into zendesk.service_accounts (account, user_id) values ('acme', 5)`;
    assert.deepEqual(await findChanges('first_seen_network', records, [program]), []);
  });
});
