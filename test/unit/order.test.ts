import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOrderWatch } from '../../src/ingest/order.ts';

/** Whether the order has changed, for each of some pages with different records and the given times. */
function watchTimes(...pages: readonly (readonly number[])[]): boolean[] {
  const hasChanged = createOrderWatch();
  return pages.map((timesMs, page) => {
    const names = timesMs.map((timeMs, place) => `${page} ${place} ${timeMs}`);
    return hasChanged({ names, fresh: names.length, isLast: false, timesMs });
  });
}

/** `count` times from `first` on, a second later or earlier each. */
const up = (first: number, count = 10): number[] =>
  Array.from({ length: count }, (_, place) => first + place);
const down = (first: number, count = 10): number[] => up(first - count + 1, count).toReversed();

describe('the order of a list by its times', () => {
  it('has changed when a page descends after one that ascends, or the other way round', () => {
    assert.deepEqual(watchTimes(up(100), up(110), down(90)), [false, false, true]);
    assert.deepEqual(watchTimes(down(100), down(90), up(110)), [false, false, true]);
  });

  it('stays if each page comes after the one before, although its records are reversed', () => {
    assert.deepEqual(watchTimes(up(100), down(119), up(120)), [false, false, false]);
    assert.deepEqual(watchTimes(down(100), up(81), down(80)), [false, false, false]);
  });

  it('has not changed if two pages share a moment, but has if they overlap by more', () => {
    assert.deepEqual(watchTimes(up(100), down(118)), [false, false]);
    assert.deepEqual(watchTimes(up(100), down(117)), [false, true]);
    assert.deepEqual(watchTimes(down(100), up(82)), [false, false]);
    assert.deepEqual(watchTimes(down(100), up(83)), [false, true]);
  });

  it('is known after nine steps, however many records share a moment', () => {
    assert.deepEqual(watchTimes(up(100, 9), down(50)), [false, false]);
    assert.deepEqual(watchTimes(up(100), down(50, 9)), [false, false]);
    assert.deepEqual(watchTimes(down(100, 9), up(150)), [false, false]);
    assert.deepEqual(watchTimes(down(100), up(150, 9)), [false, false]);
    const inPairs = up(100).flatMap((timeMs) => [timeMs, timeMs]);
    assert.deepEqual(watchTimes(inPairs, inPairs.toReversed()), [false, true]);
    assert.deepEqual(watchTimes(inPairs.toReversed(), inPairs), [false, true]);
  });

  it('is unknown for a page with both directions', () => {
    assert.deepEqual(watchTimes([...up(100), 0], down(50)), [false, false]);
    assert.deepEqual(watchTimes(up(100), [...down(50), 99]), [false, false]);
    assert.deepEqual(watchTimes([...down(100), 200], up(150)), [false, false]);
    assert.deepEqual(watchTimes(down(100), [...up(150), 0]), [false, false]);
    assert.deepEqual(watchTimes([50, 30, 90], [10, 0, 20]), [false, false]);
  });

  it('is that of the first page that has one, also after pages that have none', () => {
    assert.deepEqual(watchTimes([5, 3], up(100), [120, 115], down(50)), [
      false,
      false,
      false,
      true,
    ]);
    assert.deepEqual(watchTimes(up(100), [], down(50)), [false, false, true]);
  });
});

/** Whether the order has changed with the second of two pages, whose records are numbers without times. */
function changesWith(
  former: readonly number[],
  next: readonly number[],
  { isLast = false } = {},
): boolean {
  const hasChanged = createOrderWatch();
  const namesOf = (page: readonly number[]): string[] => page.map(String);
  const first = { names: namesOf(former), fresh: former.length, isLast: false, timesMs: [] };
  assert.equal(hasChanged(first), false);
  const fresh = next.filter((name) => !former.includes(name)).length;
  return hasChanged({ names: namesOf(next), fresh, isLast, timesMs: [] });
}

describe('the order of a list by repeated records', () => {
  it('has changed with more than four of them, and more than a tenth of a page', () => {
    const ten = up(0);
    assert.equal(changesWith(ten, [...up(0, 4), ...up(100, 6)]), false);
    assert.equal(changesWith(ten, [...up(0, 5), ...up(100, 5)]), true);
    const hundred = up(0, 100);
    assert.equal(changesWith(hundred, [...up(0, 10), ...up(100, 90)]), false);
    assert.equal(changesWith(hundred, [...up(0, 11), ...up(100, 89)]), true);
  });

  it('stays when they are the end of the page before', () => {
    const former = up(0, 20);
    assert.equal(changesWith(former, [...up(14, 6), ...up(20, 14)]), false);
    assert.equal(changesWith(former, [...up(13, 6), ...up(20, 14)]), true);
    assert.equal(changesWith(former, [19, ...up(0, 5), ...up(20, 14)]), true);
  });

  it('has changed with a last page without anything new, unless it is the end of the page before', () => {
    const former = up(0, 20);
    assert.equal(changesWith(former, [0], { isLast: true }), true);
    assert.equal(changesWith(former, [19], { isLast: true }), false);
    assert.equal(changesWith(former, [], { isLast: true }), false);
    assert.equal(changesWith(former, [0], { isLast: false }), false);
  });
});
