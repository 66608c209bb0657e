import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refreshRollups } from '../../src/database/rollups.ts';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  loadAccessFindings,
  own,
  storeAccessRows,
} from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

const from = (moment: string, ip_address: string | null, user_id = 5): AccessRow =>
  at(moment, { ip_address, user_id });

describe('new_network', () => {
  const rows = [
    from('11-01T12:00:00', '203.0.113.9'),
    from('11-15T11:59:59', '198.51.100.7'),
    from('11-15T12:00:00', '203.0.113.200'),
    from('11-15T12:00:00', '198.18.0.1'),
    from('11-16T12:00:00', '198.51.101.7'),
    from('11-17T12:00:00', '198.51.101.8'),
    from('11-18T12:00:00', '2001:db8:1:2::3'),
    from('11-19T12:00:00', '2001:db8:1:9::3'),
    from('11-20T12:00:00', null),
    from('11-20T12:00:00', '192.0.2.1', 6),
  ];
  it('finds the first request from a network after two weeks of learning', async () => {
    assert.deepEqual(await findAccesses('new_network', rows), [
      [4, 'First access from this network: 198.18.0.0/24'],
      [5, 'First access from this network: 198.51.101.0/24'],
      [7, 'First access from this network: 2001:db8:1::/48'],
    ]);
  });

  it('leaves programs out', async () => {
    assert.deepEqual(await findAccesses('new_network', rows, [isProgram(5)]), []);
  });

  it('does not need the rollups, and does not trust those that are older than the request', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        from('11-01T12:00:00', '203.0.113.9'),
        from('11-18T11:00:00', '203.0.113.9'),
        from('11-18T12:00:00', '203.0.113.9'),
      ]);
      await refreshRollups(db, 'acme');
      await storeAccessRows(db, [{ ...from('11-18T12:05:00', '198.51.100.7'), id: '000009' }]);
      const found = [[9, 'First access from this network: 198.51.100.0/24']];
      assert.deepEqual(await loadAccessFindings(db, 'new_network'), found);
      await db.query('delete from zendesk.agent_day');
      assert.deepEqual(await loadAccessFindings(db, 'new_network'), found);
    });
  });
});

describe('new_client', () => {
  const by = (moment: string, client: string | null, user_id = 5): AccessRow =>
    at(moment, { client, user_id });

  it('finds the first request of a browser or program after two weeks of learning, but not a new version', async () => {
    assert.deepEqual(
      await findAccesses('new_client', [
        by('11-01T12:00:00', 'Mozilla/5.0 Firefox/145.0'),
        by('11-15T11:59:59', 'Mozilla/5.0 Safari/26.0'),
        by('11-16T12:00:00', 'Mozilla/5.0 Firefox/146.0.1'),
        by('11-16T12:00:00', 'Mozilla/5.0 Safari/27.0'),
        by('11-17T12:00:00', 'curl/8.5.0'),
        by('11-18T12:00:00', 'curl/8.6'),
        by('11-18T12:00:00', null),
        by('11-18T12:00:00', `Robot ${'x'.repeat(300)}`),
        by('11-18T12:00:00', 'Opera/1.0', 6),
      ]),
      [
        [5, 'First access with this client: curl/8.5.0'],
        [8, `First access with this client: Robot ${'x'.repeat(194)}`],
      ],
    );
  });

  it('leaves programs out, this one included', async () => {
    const rows = [
      by('11-01T12:00:00', 'Mozilla/5.0'),
      at('11-17T12:00:00', { url: '/api/v2/audit_logs', ...own }),
      by('11-18T12:00:00', 'curl/8.5.0'),
    ];
    assert.deepEqual(
      (await findAccesses('new_client', rows)).map(([id]) => id),
      [3],
    );
    assert.deepEqual(await findAccesses('new_client', rows, [isProgram(5)]), []);
  });
});

describe('two_networks', () => {
  const office = '203.0.113.9';
  const away = '198.51.100.7';

  it('finds the first request from another network within ten minutes', async () => {
    assert.deepEqual(
      await findAccesses('two_networks', [
        from('11-18T12:00:00', office),
        from('11-18T12:10:00', away),
        from('11-18T12:10:30', away),
        from('11-18T12:10:40', office),
        from('11-18T12:10:50', away),
      ]),
      [
        [2, 'Two networks at once: 198.51.100.0/24, 203.0.113.0/24 until 600 seconds before'],
        [4, 'Two networks at once: 203.0.113.0/24, 198.51.100.0/24 until 10 seconds before'],
      ],
    );
  });

  it('finds nothing over a longer time, in one network, in another version of IP, or for two people', async () => {
    for (const row of [
      from('11-18T12:10:01', away),
      from('11-18T12:05:00', '203.0.113.200'),
      from('11-18T12:05:00', '2001:db8::1'),
      from('11-18T12:05:00', null),
      from('11-18T12:05:00', away, 6),
    ]) {
      const rows = [from('11-18T12:00:00', office), row];
      assert.deepEqual(await findAccesses('two_networks', rows), []);
    }
  });

  it('leaves programs out, this one included, which may have the token of a person', async () => {
    const rows = [
      from('11-18T12:00:00', office),
      at('11-18T12:01:00', { ip_address: away, url: '/api/v2/access_logs', ...own }),
      from('11-18T12:02:00', office),
    ];
    assert.deepEqual(await findAccesses('two_networks', rows), []);
    const moved = [from('11-18T12:00:00', office), from('11-18T12:01:00', away)];
    assert.deepEqual(await findAccesses('two_networks', moved, [isProgram(5)]), []);
  });

  it('does not need the rollups, and does not trust those that are older than the request', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [from('11-18T11:00:00', office), from('11-18T12:00:00', office)]);
      await refreshRollups(db, 'acme');
      await storeAccessRows(db, [{ ...from('11-18T12:05:00', away), id: '000009' }]);
      const found = [
        [9, 'Two networks at once: 198.51.100.0/24, 203.0.113.0/24 until 300 seconds before'],
      ];
      assert.deepEqual(await loadAccessFindings(db, 'two_networks'), found);
      await db.query('delete from zendesk.agent_day');
      assert.deepEqual(await loadAccessFindings(db, 'two_networks'), found);
    });
  });
});

describe('api_access', () => {
  const basic = { authorization_type: 'basic', client: 'curl/8.5.0' };

  it('finds programs that work in the name of a person, once a day', async () => {
    assert.deepEqual(
      await findAccesses('api_access', [
        at('11-16T12:00:00', basic),
        at('11-17T12:00:00', basic),
        at('11-18T12:00:01', { authorization_type: 'bearer', client: null }),
        at('11-18T12:00:02', { ...basic, user_id: 6 }),
      ]),
      [
        [1, 'API used in the name of a person: basic, curl/8.5.0'],
        [3, 'API used in the name of a person: bearer'],
        [4, 'API used in the name of a person: basic, curl/8.5.0'],
      ],
    );
  });

  it('leaves out sessions, denied requests, and programs, this one included', async () => {
    const log = { url: '/api/v2/access_logs', authorization_type: 'bearer', ...own };
    assert.deepEqual(
      await findAccesses(
        'api_access',
        [
          at('11-18T12:00:00'),
          at('11-18T12:00:00', { authorization_type: null }),
          at('11-18T12:00:00', { ...basic, status: 401 }),
          at('11-18T12:00:00', { ...basic, user_id: 8 }),
          at('11-18T12:00:00', { ...log, user_id: 7 }),
          at('11-18T12:00:01', { ...basic, user_id: 7 }),
        ],
        [isProgram(8)],
      ),
      [[6, 'API used in the name of a person: basic, curl/8.5.0']],
    );
  });
});
