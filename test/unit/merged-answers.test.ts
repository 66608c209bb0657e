import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeAnswers, mergeFindings } from '../../src/page/merge.ts';

const at = (day: number): Date => new Date(Date.UTC(2026, 10, day));

describe('answers of several databases', () => {
  it('are one answer: rows of accounts together, days and counts added up', () => {
    assert.deepEqual(
      mergeAnswers([
        {
          from: '2026-11-01',
          first: '2026-11-03',
          requests: [
            { day: '2026-11-03', requests: 2 },
            { day: '2026-11-05', requests: 1 },
          ],
          agents: [{ account: 'acme', personId: '7', requests: 3 }],
          pending: 1,
        },
        {
          from: '2026-11-01',
          first: null,
          requests: [
            { day: '2026-11-04', requests: 5 },
            { day: '2026-11-05', requests: 4 },
          ],
          agents: [{ account: 'globex', personId: '7', requests: 9 }],
          pending: 0,
        },
      ]),
      {
        from: '2026-11-01',
        first: '2026-11-03',
        requests: [
          { day: '2026-11-03', requests: 2 },
          { day: '2026-11-04', requests: 5 },
          { day: '2026-11-05', requests: 5 },
        ],
        agents: [
          { account: 'acme', personId: '7', requests: 3 },
          { account: 'globex', personId: '7', requests: 9 },
        ],
        pending: 1,
      },
    );
  });

  it('are findings only as far as each database has told its own, so that none is left out on the next page', () => {
    const finding = (account: string, day: number) => ({
      account,
      finding: `${account}${day}`,
      at: at(day),
    });
    const merged = mergeFindings([
      { counts: [], findings: [finding('acme', 9), finding('acme', 5)], hasMore: true },
      { counts: [], findings: [finding('globex', 7), finding('globex', 2)], hasMore: false },
    ]) as { findings: { finding: string }[]; hasMore: boolean };
    assert.deepEqual(
      merged.findings.map(({ finding: id }) => id),
      ['acme9', 'globex7', 'acme5'],
    );
    assert.equal(merged.hasMore, true);
  });
});
