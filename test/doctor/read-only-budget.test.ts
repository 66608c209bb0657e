import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReadOnlyBudget, type SharedBudget } from '../../src/doctor/read-only-budget.ts';
import type { Budget } from '../../src/zendesk/request.ts';

const nowMs = Date.parse('2026-11-21T08:00:00Z');
/** The database's clock is an hour ahead. */
const sharedNowMs = nowMs + 3_600_000;
const never = new AbortController().signal;

function openBudget(shared: Partial<SharedBudget> | undefined): Budget {
  const whole = { nowMs: sharedNowMs, spent: [], pausedUntilMs: undefined, pauseReason: undefined };
  return createReadOnlyBudget({
    requestsPerMinute: { access_logs: 3, support: 100 },
    localNow: () => nowMs,
    loadShared: async () => (shared === undefined ? undefined : { ...whole, ...shared }),
  });
}

describe('the budget of doctor', () => {
  it('grants what the others have left, by the clock of the database, and counts its own requests', async () => {
    const budget = openBudget({ spent: [[sharedNowMs - 10_000, 1]] });
    await budget.take('access_logs', 0, never);
    await budget.take('access_logs', 0, never);
    await assert.rejects(budget.take('access_logs', 0, never), {
      code: 'budget_used_up',
      found: 'the 3 requests of this minute are used up; the next one is available in 51 seconds',
    });
    await budget.take('support', 0, never);
  });

  it('does not count what is older than a minute', async () => {
    const budget = openBudget({ spent: [[sharedNowMs - 61_000, 3]] });
    await budget.take('access_logs', 0, never);
  });

  it('does not wait for a long pause, whatever its reason', async () => {
    const others = openBudget({
      pausedUntilMs: sharedNowMs + 30_000,
      pauseReason: 'Zendesk answered 429',
    });
    await assert.rejects(others.take('access_logs', 0, never), {
      found: 'requests are paused for 30 seconds (Zendesk answered 429)',
    });
    const own = openBudget(undefined);
    await own.pause('access_logs', 60_000, 'Zendesk answered 429');
    await assert.rejects(own.take('access_logs', 0, never), {
      found: 'requests are paused for 60 seconds (Zendesk answered 429)',
    });
    await own.take('support', 0, never);
  });

  it('stops waiting at the signal', async () => {
    const reason = new Error('stopped');
    await assert.rejects(
      openBudget(undefined).take('support', 0, AbortSignal.abort(reason)),
      reason,
    );
  });
});
