import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadFindings, storeAuditRows } from '../../support/audit-rows.ts';
import { withLedger } from '../../support/ledger.ts';

describe('the rule listed_address', () => {
  it('finds requests from a listed range, with the severity of the narrowest; trusted ranges do not count', async () => {
    const ranges = `insert into zendesk.ip_ranges (range, label, kind, severity) values
      ('203.0.113.0/24', 'Example Hosting', 'hosting', 'low'), ('203.0.113.9/32', 'exit node', 'tor', null),
      ('198.51.100.0/24', 'everything else', 'hosting', null), ('198.51.100.16/28', 'our office', 'trusted', null),
      ('192.0.2.0/24', 'Norway', 'place', 'high'), ('203.0.113.10/32', 'Oslo', 'place', 'high')`;
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        at('11-18T12:00:00', { ip_address: '203.0.113.9' }),
        at('11-18T12:00:00', { ip_address: '203.0.113.10' }),
        at('11-18T12:00:00', { ip_address: '198.51.100.17' }),
        at('11-18T12:00:00', { ip_address: '192.0.2.1' }),
        at('11-18T12:00:00', { ip_address: null }),
      ]);
      assert.deepEqual(await loadFindings(db), []);
      await db.query(ranges);
      assert.deepEqual(await loadFindings(db), [
        {
          id: 1,
          rule: 'listed_address',
          severity: 'high',
          summary: 'Address is on the list: 203.0.113.9 is exit node (tor), Trigger: Hello',
        },
        {
          id: 2,
          rule: 'listed_address',
          severity: 'low',
          summary:
            'Address is on the list: 203.0.113.10 is Example Hosting (hosting), Trigger: Hello',
        },
      ]);
    });
  });
});
