/** What the times of a page's records say about the answer and the rest of the span. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countStrays, findRest, isFilterIgnored } from '../../src/ingest/plan.ts';

const span = { from: 100, to: 200 };
/** So many records at a second. */
const times = (count: number, second: number): number[] =>
  Array.from({ length: count }, () => second);

describe('records outside of the requested span', () => {
  it('are those more than two seconds before it or after it', () => {
    assert.equal(countStrays(span, []), 0);
    assert.equal(countStrays(span, [98, 99, 100, 150, 200, 202]), 0);
    assert.equal(countStrays(span, [97, 98, 150, 203, 0]), 3);
  });

  it('mean that the filter is ignored if there are at least five and they are most of the page', () => {
    assert.equal(isFilterIgnored(span, times(4, 50)), false);
    assert.equal(isFilterIgnored(span, times(5, 50)), true);
    assert.equal(isFilterIgnored(span, [...times(6, 50), ...times(6, 150)]), false);
    assert.equal(isFilterIgnored(span, [...times(7, 250), ...times(6, 150)]), true);
    assert.equal(isFilterIgnored(span, times(50, 150)), false);
  });
});

describe('the rest of a span after a page', () => {
  it('begins at its newest second when the records ascend', () => {
    assert.deepEqual(findRest(span, [110, 120.5, 120.9]), { from: 120, to: 200 });
    assert.deepEqual(findRest(span, [110, 130, 120]), { from: 130, to: 200 });
    assert.deepEqual(findRest(span, [150, 150]), { from: 150, to: 200 });
  });

  it('ends after its oldest second when they descend', () => {
    assert.deepEqual(findRest(span, [190, 180.5]), { from: 100, to: 181 });
    assert.deepEqual(findRest(span, [190, 170, 180]), { from: 100, to: 171 });
  });

  it('is undefined if it would not be shorter than the span', () => {
    assert.equal(findRest(span, [100, 100]), undefined);
    assert.equal(findRest(span, [90, 100]), undefined);
    assert.equal(findRest(span, [210, 199]), undefined);
    assert.deepEqual(findRest(span, [210, 198]), { from: 100, to: 199 });
  });
});
