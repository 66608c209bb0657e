/**
 * The request budget as a pure function (design, rule 6): spent to the last request, never overdrawn in any window of 60
 * seconds. The state is kept in Postgres, so it holds across restarts and processes.
 */

/** Requests that were sent in one short stretch of time: when it began (milliseconds since 1970) and how many. */
export type Spent = readonly [sinceMs: number, requests: number];

/** What is known of a budget: the requests of about the last minute, and until when it is paused. */
export type BudgetState = {
  readonly spent: readonly Spent[];
  readonly pausedUntilMs: number | undefined;
};

/** The answer to a wish for one request: go, or wait that long and ask again. */
export type BudgetDecision =
  | { readonly granted: true; readonly state: BudgetState; readonly left: number }
  | { readonly granted: false; readonly waitMs: number };

const windowMs = 60_000;
/** Requests are counted in stretches of this length, so that the state stays small at any rate. */
const stretchMs = 250;
/** A request may reach Zendesk this much later than the next ones: its place in the window stays taken for longer. */
const marginMs = 500;

/**
 * Grants one request or says how long to wait.
 *
 * `reserve` requests of the limit are left alone: the backfill passes 1, so that the live tail never waits for a window
 * that the backfill has emptied.
 */
export function spendRequest(
  state: BudgetState,
  nowMs: number,
  limit: number,
  reserve: number,
): BudgetDecision {
  if (state.pausedUntilMs !== undefined && state.pausedUntilMs > nowMs) {
    return { granted: false, waitMs: state.pausedUntilMs - nowMs };
  }
  const spent = state.spent.filter(([sinceMs]) => freeAt(sinceMs) > nowMs);
  const used = spent.reduce((sum, [, requests]) => sum + requests, 0);
  const usable = Math.max(1, limit - reserve);
  if (used >= usable) return { granted: false, waitMs: waitFor(spent, used - usable + 1, nowMs) };

  const sinceMs = nowMs - (nowMs % stretchMs);
  const last = spent.at(-1);
  const next: Spent[] =
    last !== undefined && last[0] === sinceMs
      ? [...spent.slice(0, -1), [sinceMs, last[1] + 1]]
      : [...spent, [sinceMs, 1]];
  return {
    granted: true,
    state: { spent: next, pausedUntilMs: undefined },
    left: limit - used - 1,
  };
}

/** The state with no request granted before the given moment. A longer pause that is already there stays. */
export function pauseBudget(state: BudgetState, untilMs: number): BudgetState {
  return { ...state, pausedUntilMs: Math.max(untilMs, state.pausedUntilMs ?? 0) };
}

function freeAt(sinceMs: number): number {
  return sinceMs + stretchMs + windowMs + marginMs;
}

function waitFor(spent: readonly Spent[], requests: number, nowMs: number): number {
  let freed = 0;
  for (const [sinceMs, count] of spent) {
    freed += count;
    if (freed >= requests) return Math.max(1, freeAt(sinceMs) - nowMs);
  }
  return windowMs;
}
