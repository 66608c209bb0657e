import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuditRecord, at, findChanges } from '../../support/audit-rows.ts';

describe('the rule bulk_destroy', () => {
  const deletions = (count: number, more: AuditRecord = {}): AuditRecord[] =>
    Array.from({ length: count }, (_, n) =>
      at(`11-18T12:0${Math.floor(n / 3)}:00`, { action: 'destroy', ...more }),
    );

  it('finds the tenth deletion in ten minutes, and not those after it', async () => {
    assert.deepEqual(await findChanges('bulk_destroy', deletions(14)), [
      [10, 'Many deletions: 10 within 10 minutes, the last: Trigger: Hello'],
    ]);
  });

  it('finds nothing in nine, in ten by two people, in ten over a longer time, or in ten updates', async () => {
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
