import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  pauseBudget,
  returnRequests,
  settleBudget,
  spendRequests,
  type BudgetState,
  type Spent,
} from '../../src/ingest/budget.ts';

const empty: BudgetState = { spent: [], pausedUntilMs: undefined };

/** Asks for requests as fast as they are granted, and returns the moments of the grants. */
function spendFrom(
  startMs: number,
  untilMs: number,
  limit: number,
  reserve: number,
  stepsMs: () => number,
): number[] {
  const granted: number[] = [];
  let state = empty;
  let nowMs = startMs;
  while (nowMs < untilMs) {
    const decision = spendRequests(state, nowMs, limit, reserve);
    if (decision.granted > 0) {
      granted.push(nowMs);
      state = decision.state;
      nowMs += stepsMs();
    } else {
      nowMs += decision.waitMs;
    }
  }
  return granted;
}

function mostInAnyMinute(moments: readonly number[]): number {
  return Math.max(
    0,
    ...moments.map((from) => moments.filter((at) => at >= from && at < from + 60_000).length),
  );
}

describe('the request budget', () => {
  it('never grants more than the limit in any 60 seconds, at any pace', () => {
    const paces = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        paces,
        fc.integer({ min: 1, max: 60 }),
        fc.nat(1_000_000),
        (pace, limit, startMs) => {
          let step = 0;
          const granted = spendFrom(
            startMs,
            startMs + 300_000,
            limit,
            0,
            () => pace[step++ % pace.length] ?? 0,
          );
          assert.ok(mostInAnyMinute(granted) <= limit);
        },
      ),
    );
  });

  it('lets at least 98 % of 50 requests a minute pass over ten minutes', () => {
    const granted = spendFrom(0, 600_000, 50, 0, () => 200);
    assert.ok(granted.length >= 0.98 * 500, `${granted.length} of 500`);
  });

  it('keeps the reserve for requests that may use it', () => {
    const granted = spendFrom(0, 59_000, 50, 1, () => 10);
    assert.equal(granted.length, 49);
    let state = empty;
    for (let request = 0; request < 49; request += 1) {
      const decision = spendRequests(state, request, 50, 1);
      assert.equal(decision.granted, 1);
      state = decision.state;
    }
    assert.equal(spendRequests(state, 1000, 50, 1).granted, 0);
    const urgent = spendRequests(state, 1000, 50, 0);
    assert.equal(urgent.granted, 1);
    assert.equal(urgent.left, 0);
  });

  it('grants several at once, as many as it has', () => {
    const first = spendRequests(empty, 1000, 50, 1, 30);
    assert.equal(first.granted, 30);
    assert.equal(first.left, 20);
    const rest = spendRequests(first.state, 1100, 50, 1, 30);
    assert.equal(rest.granted, 19);
    assert.deepEqual(rest.state.spent, [[1000, 49]]);
    assert.equal(spendRequests(rest.state, 1200, 50, 1, 30).granted, 0);
  });

  it('says how long to wait for the oldest request to leave the window', () => {
    const first = spendRequests(empty, 1000, 1, 0);
    assert.equal(first.granted, 1);
    assert.equal(spendRequests(first.state, 21_000, 1, 0).waitMs, 40_750);
    assert.equal(spendRequests(first.state, 61_750, 1, 0).granted, 1);
  });

  it('that was reduced waits until enough requests have left the window', () => {
    const spent = [1000, 11_000, 21_000].map((since): Spent => [since, 1]);
    const denied = spendRequests({ ...empty, spent }, 30_000, 2, 0);
    assert.deepEqual([denied.granted, denied.waitMs], [0, 11_000 + 60_750 - 30_000]);
    assert.equal(spendRequests({ ...empty, spent }, 30_000, 1, 0).waitMs, 51_750);
    assert.equal(spendRequests({ ...empty, spent }, 30_000, 4, 1).left, 1, 'the reserve');
  });

  it('of one request a minute grants it to everybody, whatever the reserve', () => {
    for (const reserve of [0, 1, 5]) {
      const granted = spendFrom(0, 300_000, 1, reserve, () => 200);
      assert.equal(granted.length, 5, `reserve ${reserve}`);
      assert.equal(mostInAnyMinute(granted), 1);
    }
  });

  it('grants nothing while paused, and a shorter pause does not end a longer one', () => {
    const paused = pauseBudget(pauseBudget(empty, 90_000), 30_000);
    assert.equal(spendRequests(paused, 10_000, 50, 0).waitMs, 80_000);
    assert.equal(spendRequests(paused, 90_000, 50, 0).granted, 1);
  });

  it('counts requests of the future as made now, once, when the clock was set back', () => {
    const hourMs = 3_600_000;
    const before = spendRequests(empty, 2 * hourMs, 50, 0, 50).state;
    const state = settleBudget(before, hourMs);
    assert.deepEqual(state, { spent: [[hourMs, 50]], pausedUntilMs: undefined });
    assert.equal(settleBudget(state, hourMs + 5000), state);
    assert.equal(spendRequests(state, hourMs + 5000, 50, 0).granted, 0);
    assert.equal(spendRequests(state, hourMs + 61_000, 50, 0).granted, 1);
    const mixed = {
      spent: [
        [hourMs, 1],
        [hourMs + 500, 2],
      ] as const,
      pausedUntilMs: undefined,
    };
    assert.deepEqual(settleBudget(mixed, hourMs + 10).spent, [[hourMs, 3]]);
  });

  it('does not change past requests, or those of a clock that is a little ahead', () => {
    const nowMs = 3_600_100;
    const past: Spent[] = [
      [nowMs - 30_000, 4],
      [nowMs + 250, 2],
    ];
    const state = { spent: past, pausedUntilMs: undefined };
    assert.equal(settleBudget(state, nowMs), state);
    assert.deepEqual(settleBudget({ ...state, spent: [...past, [nowMs + 251, 5]] }, nowMs).spent, [
      ...past,
      [3_600_000, 5],
    ]);
  });

  it('ends a pause within an hour, whatever was recorded before the clock was set back', () => {
    const dayMs = 86_400_000;
    const state = settleBudget(pauseBudget(empty, 60 * dayMs), 0);
    assert.deepEqual(state, pauseBudget(empty, 3_600_000));
    assert.equal(settleBudget(state, 0), state);
  });

  it('takes back exactly the requests that were not sent', () => {
    const first = spendRequests(empty, 1000, 50, 0, 3);
    const second = spendRequests(first.state, 1300, 50, 0, 2);
    assert.deepEqual([first.sinceMs, second.sinceMs], [1000, 1250]);
    const partly = returnRequests(second.state, first.sinceMs, 1);
    assert.deepEqual(partly.spent, [
      [1000, 2],
      [1250, 2],
    ]);
    assert.deepEqual(returnRequests(partly, second.sinceMs, 2).spent, [[1000, 2]]);
    assert.deepEqual(returnRequests(partly, 500, 1), partly, 'forgotten already');
  });

  it('keeps a small state at any rate of requests', () => {
    let state = empty;
    for (let request = 0; request < 20_000; request += 1) {
      const decision = spendRequests(state, request * 5, 100_000, 0);
      assert.equal(decision.granted, 1);
      state = decision.state;
    }
    assert.ok(state.spent.length <= 245, `${state.spent.length} stretches`);
  });
});
