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
  storeAccessRows,
} from '../../support/access-view-rows.ts';
import { withLedger } from '../../support/ledger.ts';

const from = (moment: string, ip_address: string | null, user_id = 5): AccessRow =>
  at(moment, { ip_address, user_id });

describe('the rule new_network', () => {
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

  it('leaves out programs', async () => {
    assert.deepEqual(await findAccesses('new_network', rows, [isProgram(5)]), []);
  });

  it('works without rollups, and does not trust rollups that are older than the request', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(db, [
        from('11-01T12:00:00', '203.0.113.9'),
        from('11-18T11:00:00', '203.0.113.9'),
        from('11-18T12:00:00', '203.0.113.9'),
      ]);
      await refreshRollups(db, 'acme', [accessLogs]);
      await storeAccessRows(db, [{ ...from('11-18T12:05:00', '198.51.100.7'), id: '000009' }]);
      const found = [[9, 'First access from this network: 198.51.100.0/24']];
      assert.deepEqual(await loadAccessFindings(db, 'new_network'), found);
      await db.query('delete from zendesk.agent_day');
      assert.deepEqual(await loadAccessFindings(db, 'new_network'), found);
    });
  });
});
