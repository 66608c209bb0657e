import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimateGaps } from '../../src/ingest/gap-cost.ts';
import { firstSpanSeconds } from '../../src/ingest/plan.ts';
import type { Spans } from '../../src/span.ts';

const day = 86_400;

describe('the cost of gaps', () => {
  const limits = { pageSize: 100, requestsPerMinute: 10 };

  it('uses the rows of the days around, and all rows if none is near', () => {
    const today = 20_000 * day;
    const days = [
      { from: today - 60 * day, rows: 100 },
      { from: today, rows: 1000 },
    ];
    const coverage = [
      { from: today - 60 * day, to: today - 59 * day },
      { from: today, to: today + day },
    ];
    const near = [{ from: today + day, to: today + 3 * day }];
    const far = [{ from: today + 200 * day, to: today + 201 * day }];
    assert.deepEqual(
      [near, far].map((spans) => estimateGaps(spans, { days, coverage, ...limits })),
      [
        { rows: 2000, requests: 20, minutes: 2, requestsPerMinute: 10, isMeasured: true },
        { rows: 550, requests: 6, minutes: 1, requestsPerMinute: 10, isMeasured: true },
      ],
    );
  });

  it('is at least a request for each span of an empty log', () => {
    const spans = [
      { from: 0, to: 85 * day },
      { from: 100 * day, to: 100 * day + 1 },
    ];
    assert.deepEqual(estimateGaps(spans, { days: [], coverage: [], ...limits }), {
      rows: 0,
      requests: 5,
      minutes: 1,
      requestsPerMinute: 10,
      isMeasured: false,
    });
  });

  it('looks at days that are at most two weeks away on both sides, each as far as it is covered', () => {
    const today = 20_000 * day;
    const span = { from: today, to: today + day };
    const dense = (from: number): number => {
      const days = [
        { from, rows: 4000 },
        { from: today - 300 * day, rows: 0 },
      ].toSorted((a, b) => a.from - b.from);
      const coverage = [
        { from: today - 300 * day, to: today - 297 * day },
        { from, to: from + day },
      ];
      return estimateGaps([span], { days, coverage, ...limits }).rows;
    };
    // All days have 4,000 rows in four days, the near one 4,000 in one.
    assert.deepEqual(
      [today - 14 * day, today - 15 * day, today + 14 * day, today + 15 * day].map(dense),
      [4000, 1000, 4000, 1000],
    );
  });

  it('counts at least the requests of ever longer spans, and the minutes that they take', () => {
    const requests = (seconds: number): readonly number[] => {
      const cost = estimateGaps([{ from: 0, to: seconds }], { days: [], coverage: [], ...limits });
      return [cost.requests, cost.minutes];
    };
    assert.deepEqual(
      [
        1,
        firstSpanSeconds,
        firstSpanSeconds + 1,
        5 * firstSpanSeconds,
        5 * firstSpanSeconds + 1,
      ].map(requests),
      [
        [1, 1],
        [1, 1],
        [2, 1],
        [2, 1],
        [3, 1],
      ],
    );
    const none = estimateGaps([], { days: [{ from: 0, rows: 0 }], coverage: [], ...limits });
    assert.deepEqual(none, {
      rows: 0,
      requests: 1,
      minutes: 1,
      requestsPerMinute: 10,
      isMeasured: false,
    });
  });

  it('takes rows only where time is covered, and no day for less than empty', () => {
    const days = [
      { from: 0, rows: -50 },
      { from: day, rows: 100 },
    ];
    const span = [{ from: 2 * day, to: 3 * day }];
    const cost = (coverage: Spans): number =>
      estimateGaps(span, { days, coverage, ...limits }).rows;
    assert.deepEqual(
      [cost([]), cost([{ from: 0, to: 2 * day }]), cost([{ from: day, to: 9 * day }])],
      [0, 50, 100],
    );
  });
});
