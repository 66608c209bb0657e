import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  coveredByFetch,
  findGaps,
  findKeptSince,
  measureProgress,
} from '../../src/ingest/coverage.ts';
import { findContiguous, findLost, measureHeadroom } from '../support/coverage-model.ts';

const coverage = [
  { from: 100, to: 200 },
  { from: 300, to: 400 },
];

describe('the coverage', () => {
  it('counts a second only if it was requested SETTLE after its end', () => {
    const span = { from: 0, to: 1000 };
    const kept = { keptSince: -Infinity };
    assert.deepEqual(coveredByFetch(span, { ...kept, askedAt: 1000 }, 300), [{ from: 0, to: 700 }]);
    assert.deepEqual(coveredByFetch(span, { ...kept, askedAt: 5000 }, 300), [span]);
    assert.deepEqual(coveredByFetch({ from: 800, to: 1000 }, { ...kept, askedAt: 1000 }, 300), []);
  });

  it('does not count what the source dropped while the span was read', () => {
    const span = { from: 0, to: 1000 };
    assert.deepEqual(coveredByFetch(span, { askedAt: 5000, keptSince: 400 }, 300), [
      { from: 400, to: 1000 },
    ]);
    assert.deepEqual(coveredByFetch(span, { askedAt: 5000, keptSince: 1000 }, 300), []);
    assert.equal(findKeptSince(90, 90 * 86_400 + 7), 7);
    assert.equal(findKeptSince(undefined, 7), -Infinity);
  });

  it('finds gaps between the horizon and the newest covered second, and none outside', () => {
    assert.deepEqual(findGaps(coverage, 50), [
      { from: 50, to: 100 },
      { from: 200, to: 300 },
    ]);
    assert.deepEqual(findGaps(coverage, 150), [{ from: 200, to: 300 }]);
    assert.deepEqual(findGaps(coverage, 400), []);
    assert.deepEqual(findGaps([], 0), []);
    assert.deepEqual(findGaps([], 0, 50), [{ from: 0, to: 50 }]);
    assert.deepEqual(findGaps(coverage, 150, 500), [
      { from: 200, to: 300 },
      { from: 400, to: 500 },
    ]);
  });

  it('has a watermark only if the unbroken part reaches back to the horizon', () => {
    assert.deepEqual(findContiguous(coverage, 150), { from: 100, to: 200 });
    assert.equal(findContiguous(coverage, 50), undefined);
    assert.equal(findContiguous(coverage, 250), undefined);
  });

  it('shows what was never stored and what the source no longer keeps', () => {
    assert.deepEqual(findLost(coverage, 350), [{ from: 200, to: 300 }]);
    assert.deepEqual(findLost(coverage, 250), [{ from: 200, to: 250 }]);
    assert.deepEqual(findLost(coverage, 100), []);
  });

  it('measures headroom to the oldest gap, or to the end of the coverage if there is none', () => {
    assert.equal(measureHeadroom(coverage, 100, 450, 1000), 200 + 1000 - 450);
    assert.equal(measureHeadroom([{ from: 100, to: 400 }], 100, 450, 1000), 400 + 1000 - 450);
    assert.equal(measureHeadroom(coverage, 210, 1210, 1000), 0);
  });

  it('measures progress as the covered share of the wanted time', () => {
    assert.equal(measureProgress(coverage, 0, 400), 0.5);
    assert.equal(measureProgress(coverage, 100, 500), 0.5);
    assert.equal(measureProgress([], 0, 400), 0);
    assert.equal(measureProgress([], 400, 400), 1);
  });
});
