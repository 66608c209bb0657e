import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainLoss, type Loss } from '../../src/ingest/loss-words.ts';
import { withoutLosses } from '../../src/ingest/losses.ts';
import { toSeconds } from '../../src/span.ts';

const loss: Loss = {
  lost_from: '2026-10-01T00:00:00Z',
  lost_until: '2026-11-01T00:00:00Z',
  rows_until: '2026-11-02T00:00:00Z',
  rows: 1234,
  code: 'partition_dropped',
  partition: 'zendesk.audit_logs_2026',
  done_by: 'jane',
  noticed_at: '2026-11-19T15:04:59Z',
  is_settled: true,
  rows_found: null,
};
const span = 'from 2026-10-01 00:00 to 2026-11-01 00:00';
const again = 'The program reads again what Zendesk still has.';

describe('a loss in words', () => {
  const table: [string, Partial<Loss>, string][] = [
    [
      'a partition that was dropped',
      {},
      `1,234 rows ${span} are gone: the partition zendesk.audit_logs_2026 was dropped by hand (first noticed 2026-11-19 15:04). ${again}`,
    ],
    [
      'one that was detached, before any run has noticed it',
      { code: 'partition_detached', noticed_at: null },
      `1,234 rows ${span} are gone: the partition zendesk.audit_logs_2026 was detached by hand (noticed just now). ${again}`,
    ],
    [
      'one that was truncated',
      { code: 'partition_truncated' },
      `1,234 rows ${span} are gone: the partition zendesk.audit_logs_2026 was truncated by hand on 2026-11-19 15:04 by the database user jane. ${again}`,
    ],
    [
      'rows that nobody knows who has deleted',
      { code: 'rows_deleted', done_by: null },
      `1,234 rows ${span} are gone: they were deleted by hand on 2026-11-19 15:04. ${again}`,
    ],
    [
      'a row that was deleted nobody knows when',
      { code: 'rows_deleted', rows: 1, noticed_at: null },
      `1 row ${span} is gone: they were deleted by hand. ${again}`,
    ],
    [
      'rows that are missing and gone for good',
      { code: 'rows_missing', rows_found: 0 },
      `1,234 rows ${span} are gone: the table holds fewer rows than were stored (first noticed 2026-11-19 15:04). Zendesk no longer has them.`,
    ],
    [
      'rows that a restore has lost',
      { code: 'lost_by_restore' },
      `1,234 rows ${span} are gone: the database was restored from an older backup (first noticed 2026-11-19 15:04). ${again}`,
    ],
    [
      'rows of which some are back',
      { code: 'rows_missing', rows_found: 1 },
      `1,234 rows ${span} are gone: the table holds fewer rows than were stored (first noticed 2026-11-19 15:04). 1 row could be read again. Zendesk no longer has the others (1,233).`,
    ],
  ];
  for (const [name, change, words] of table)
    it(`is ${name}`, () => assert.equal(explainLoss({ ...loss, ...change }), words));

  it('has its moments in the requested time zone', () => {
    const words = explainLoss(loss, (moment) => `day ${moment.getUTCDate()}`);
    assert.match(words, /^1,234 rows from day 1 to day 1 are gone: .* \(first noticed day 19\)\./);
  });
});

describe('a coverage whose losses are known', () => {
  it('ends where rows are lost that it does not know of yet', () => {
    const day = (text: string): number => toSeconds(new Date(text));
    const coverage = [{ from: day('2026-09-01'), to: day('2026-12-01') }];
    assert.deepEqual(withoutLosses(coverage, [loss]), coverage);
    assert.deepEqual(withoutLosses(coverage, [{ ...loss, is_settled: false }]), [
      { from: day('2026-09-01'), to: day('2026-10-01') },
      { from: day('2026-11-02'), to: day('2026-12-01') },
    ]);
  });
});
