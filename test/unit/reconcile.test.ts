import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseParts } from '../../src/ingest/reconcile/sampling.ts';
import { describeReconciled } from '../../src/ingest/reconcile/words.ts';

const hour = 3600;

describe('the random parts of a reconciliation', () => {
  const week = { from: 0, to: 168 * hour };
  const lengthOf = (parts: ReturnType<typeof chooseParts>): number =>
    parts.reduce((sum, { from, to }) => sum + to - from, 0);

  it('are as many hours as were asked for, the same ones for the same seed', () => {
    const one = chooseParts(week, [week], { count: 5, seed: 7 });
    assert.equal(lengthOf(one), 5 * hour);
    assert.ok(one.every(({ from, to }) => from % hour === 0 && to % hour === 0));
    assert.deepEqual(chooseParts(week, [week], { count: 5, seed: 7 }), one);
    assert.notDeepEqual(chooseParts(week, [week], { count: 5, seed: 8 }), one);
    // Also by another version of the program.
    assert.deepEqual(chooseParts(week, [week], { count: 2, seed: 7 }), [
      { from: 205200, to: 208800 },
      { from: 396000, to: 399600 },
    ]);
    // More parts of the same seed contain the fewer ones.
    const more = chooseParts(week, [week], { count: 6, seed: 7 });
    assert.ok(one.every((part) => more.some(({ from, to }) => from <= part.from && part.to <= to)));
  });

  it('are of what can be compared, all of it where it has no more', () => {
    const comparable = [
      { from: 1.5 * hour, to: 2.5 * hour },
      { from: 5 * hour, to: 5 * hour + 60 },
    ];
    assert.deepEqual(chooseParts(week, comparable, { count: 3, seed: 1 }), comparable);
    assert.equal(chooseParts(week, comparable, { count: 2, seed: 1 }).length > 0, true);
    assert.deepEqual(chooseParts(week, [], { count: 2, seed: 1 }), []);
  });

  it('are shorter in a short span, but not below a minute, and end with it', () => {
    const short = { from: 100, to: 700 };
    assert.deepEqual(chooseParts(short, [short], { count: 10, seed: 1 }), [short]);
    assert.equal(lengthOf(chooseParts(short, [short], { count: 4, seed: 1 })), 600);
    assert.equal(lengthOf(chooseParts(short, [short], { count: 1, seed: 1 })), 600);
    // Parts of 66 seconds, three of four.
    const parts = chooseParts({ from: 0, to: 200 }, [week], { count: 3, seed: 1 });
    assert.deepEqual(parts, [
      { from: 0, to: 132 },
      { from: 198, to: 200 },
    ]);
    const odd = { from: 0, to: 90 };
    assert.deepEqual(chooseParts(odd, [week], { count: 90, seed: 1 }), [odd]);
  });
});

describe('the last comparison with Zendesk', () => {
  const last = {
    ended_at: '2026-11-19T03:17:05.123Z',
    sample: null,
    missing_here: 1,
    missing_there: 2,
    different: 3,
  };

  it('is said with its time, its extent and its result', () => {
    assert.equal(
      describeReconciled({ ...last, outcome: 'findings' }),
      'compared with Zendesk 2026-11-19 03:17: 1 missing here, 2 missing there, 3 different',
    );
    assert.equal(
      describeReconciled({ ...last, outcome: 'equal', sample: 24 }),
      'compared with Zendesk 2026-11-19 03:17 (24 random parts): no differences',
    );
  });
});
