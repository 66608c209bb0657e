import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessLogs } from '../../../src/streams/access-logs.ts';
import { refreshRollups } from '../../../src/ingest/rollups.ts';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  loadAccessFindings,
  own,
  storeAccessRows,
} from '../../support/access-view-rows.ts';
import { withLedger } from '../../support/ledger.ts';

const from = (moment: string, ip_address: string | null, user_id = 5): AccessRow =>
  at(moment, { ip_address, user_id });

describe('the rule two_networks', () => {
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

  it('leaves out programs, including this one, which may have the token of a person', async () => {
    const rows = [
      from('11-18T12:00:00', office),
      at('11-18T12:01:00', { ip_address: away, url: '/api/v2/access_logs', ...own }),
      from('11-18T12:02:00', office),
    ];
    assert.deepEqual(await findAccesses('two_networks', rows), []);
    const moved = [from('11-18T12:00:00', office), from('11-18T12:01:00', away)];
    assert.deepEqual(await findAccesses('two_networks', moved, [isProgram(5)]), []);
  });

  it('works without rollups, and does not trust rollups that are older than the request', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [from('11-18T11:00:00', office), from('11-18T12:00:00', office)]);
      await refreshRollups(db, 'acme', [accessLogs]);
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
