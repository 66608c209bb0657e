import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BudgetState } from '../../src/ingest/budget.ts';
import { createLearnedLimits } from '../../src/ingest/learned-limits.ts';

const nowMs = 1_800_000_000_000;
const seen = { limit: 700, remaining: 550, resetMs: 30_000 };

/** What was sent, so many milliseconds ago. */
function spent(...sent: readonly (readonly [agoMs: number, requests: number])[]): BudgetState {
  return {
    spent: sent.map(([agoMs, requests]) => [nowMs - agoMs, requests] as const),
    pausedUntilMs: undefined,
  };
}

/** Runs some work while the monotonic clock stands, and can be set. */
function withSteadyClock(work: (set: (ms: number) => void) => void): void {
  const real = performance.now.bind(performance);
  const set = (ms: number): void => void (performance.now = () => ms);
  try {
    set(5000);
    work(set);
  } finally {
    performance.now = real;
  }
}

describe('the requests a minute of a group', () => {
  it('are those of the settings until an answer teaches another number, and none of an unknown group', () => {
    withSteadyClock(() => {
      const limits = createLearnedLimits({ support: 100, access_logs: 50 }, { support: 0.5 });
      limits.learn('support', seen);
      assert.equal(limits.of('support'), 100, 'the state of the budget is not known yet');
      for (const group of ['support', 'access_logs']) {
        limits.noteState(group, spent([10_000, 50]), nowMs);
        limits.learn(group, seen);
      }
      // 150 were sent in half a minute, 50 of them are ours: the others need 200 a minute, a half of the rest is ours.
      assert.deepEqual(
        ['support', 'access_logs', 'other'].map((group) => limits.of(group)),
        [250, 50, 0],
      );
    });
  });

  it('count our own requests from a little before the minute of Zendesk began', () => {
    withSteadyClock((setSteady) => {
      const learnAt = (agoMs: number, laterMs: number): number => {
        const limits = createLearnedLimits({ support: 100 }, { support: 0.5 });
        setSteady(5000);
        limits.noteState('support', spent([agoMs, 50]), nowMs);
        setSteady(5000 + laterMs);
        limits.learn('support', seen);
        return limits.of('support');
      };
      // Without ours, the others need 300 a minute.
      assert.deepEqual(
        [learnAt(31_500, 0), learnAt(31_501, 0), learnAt(21_500, 10_000), learnAt(21_501, 10_000)],
        [250, 200, 250, 200],
      );
    });
  });

  it('remember what others needed while a minute has just begun', () => {
    withSteadyClock(() => {
      const limits = createLearnedLimits({ support: 100 }, { support: 0.5 });
      limits.noteState('support', spent([10_000, 50]), nowMs);
      limits.learn('support', seen);
      limits.learn('support', { limit: 700, remaining: 700, resetMs: 59_000 });
      assert.equal(limits.of('support'), 250);
    });
  });
});
