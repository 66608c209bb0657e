import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { loadRowsBehind } from '../../src/page/views/findings/load-rows-behind.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { storeRecords } from '../support/stored-records.ts';

const now = new Date('2026-11-19T15:00:00Z');
const at = '2026-11-03T10:00:00Z';

/** A finding about a ticket, and one about a person. */
async function storeFindings(db: Database): Promise<void> {
  const record = { created_at: at, action: 'destroy', actor_id: 5, actor_name: 'Ann' };
  await storeRecords(db, auditLogs, [
    {
      ...record,
      id: 1,
      source_type: 'ticket',
      source_label: 'Ticket: My secret illness',
      change_description: 'secret words',
    },
    { ...record, id: 2, source_type: 'user', source_label: 'User: Bob', change_description: 'x' },
  ]);
  const evidence = (id: string) => [{ table: 'audit_logs', created_at: at, id }];
  const tell = (finding: string, recordId: string, rule: string, summary: string) =>
    storeFinding(db, { finding, recordId, rule, summary, at, evidence: evidence(recordId) });
  await tell('a', '1', 'ticket_deleted', 'Ticket deleted: ticket 7');
  await tell('b', '2', 'bulk_destroy', 'Many deletions: the last: User: Bob');
}

describe('what people typed into tickets', { concurrency: 2 }, () => {
  it('is not in the rows behind a finding, where the rest is', async () => {
    await withLedger(async (db) => {
      await storeFindings(db);
      const rowOf = async (finding: string, role: 'reader' | 'investigator'): Promise<unknown> => {
        const [table] =
          (await loadRowsBehind(
            db,
            { account: 'acme', now, timeZone: undefined },
            finding,
            role,
          )) ?? [];
        const { id, type, thing, what } = table?.rows[0] ?? {};
        return [id, type, thing, what];
      };
      assert.deepEqual(await rowOf('a', 'reader'), ['1', 'ticket', null, null]);
      assert.deepEqual(await rowOf('b', 'reader'), ['2', 'user', 'User: Bob', 'x']);
      assert.deepEqual(await rowOf('a', 'investigator'), [
        '1',
        'ticket',
        'Ticket: My secret illness',
        'secret words',
      ]);
    });
  });
});
