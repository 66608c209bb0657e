/**
 * The request budget as a pure function: spent to the last request, never overdrawn in any window of 60 seconds. The state
 * is kept in Postgres, so it holds across restarts and processes.
 */

/** Requests that were sent in one short stretch of time: when it began (milliseconds since 1970) and how many. */
export type Spent = readonly [sinceMs: number, requests: number];

/** What is known of a budget: the requests of about the last minute, and until when it is paused. */
export type BudgetState = {
  readonly spent: readonly Spent[];
  readonly pausedUntilMs: number | undefined;
};

/** The answer to a wish for requests. */
export type BudgetDecision = {
  /** How many may go now. */
  readonly granted: number;
  /** When none may go: how long to wait before asking again. */
  readonly waitMs: number;
  /** What remains of the limit. */
  readonly left: number;
  /** Names the stretch of time that the granted ones were counted in, for `returnRequests`. */
  readonly sinceMs: number;
  readonly state: BudgetState;
};

const windowMs = 60_000;
/** Requests are counted in stretches of this length, so that the state stays small at any rate. */
const stretchMs = 250;
/** A request may reach Zendesk this much later than the next ones: its place in the window stays taken for longer. */
const marginMs = 500;
/** So old a grant may be when its request is sent; the rest of the margin is for the way. */
export const freshMs = 300;

/** No pause that Zendesk asks for is believed for longer (`zendesk/retry.ts`), so none can be left of more. */
const longestPauseMs = 3_600_000;

/**
 * The state without what cannot be: the database's clock was set back since it was noted. Requests of the future count as
 * made now, and a pause ends within an hour. The same state when nothing is wrong with it.
 */
export function settleBudget(state: BudgetState, nowMs: number): BudgetState {
  const isFuture = ([sinceMs]: Spent): boolean => sinceMs > nowMs + stretchMs;
  const { spent, pausedUntilMs } = state;
  const latestMs = nowMs + longestPauseMs;
  if (!spent.some(isFuture) && (pausedUntilMs ?? 0) <= latestMs) return state;
  const sinceMs = nowMs - (nowMs % stretchMs);
  const past = spent.filter((entry) => !isFuture(entry) && entry[0] !== sinceMs);
  const requests = sum(spent) - sum(past);
  return {
    spent: requests === 0 ? past : [...past, [sinceMs, requests]],
    pausedUntilMs: pausedUntilMs === undefined ? undefined : Math.min(pausedUntilMs, latestMs),
  };
}

/**
 * Grants up to `wanted` requests, as many as the budget has, or says how long to wait for the next one.
 *
 * `reserve` requests of the limit are left alone: the backfill passes 1, so that the live tail never waits for a window
 * that the backfill has emptied.
 */
export function spendRequests(
  state: BudgetState,
  nowMs: number,
  limit: number,
  reserve: number,
  wanted = 1,
): BudgetDecision {
  const sinceMs = nowMs - (nowMs % stretchMs);
  if (isPaused(state, nowMs)) {
    return { granted: 0, waitMs: (state.pausedUntilMs ?? nowMs) - nowMs, left: 0, sinceMs, state };
  }
  const spent = state.spent.filter(([since]) => freeAt(since) > nowMs);
  const used = sum(spent);
  const usable = Math.max(1, limit - reserve);
  if (used >= usable) {
    return {
      granted: 0,
      waitMs: waitFor(spent, used - usable + 1, nowMs),
      left: limit - used,
      sinceMs,
      state,
    };
  }

  const granted = Math.min(wanted, usable - used);
  const last = spent.at(-1);
  const next: Spent[] =
    last !== undefined && last[0] === sinceMs
      ? [...spent.slice(0, -1), [sinceMs, last[1] + granted]]
      : [...spent, [sinceMs, granted]];
  return {
    granted,
    waitMs: 0,
    left: limit - used - granted,
    sinceMs,
    state: { spent: next, pausedUntilMs: undefined },
  };
}

/** The state as if so many requests of a stretch had not been granted: they were not sent. */
export function returnRequests(state: BudgetState, sinceMs: number, requests: number): BudgetState {
  const spent = state.spent.map(([since, count]): Spent => [
    since,
    since === sinceMs ? count - requests : count,
  ]);
  return { ...state, spent: spent.filter(([, count]) => count > 0) };
}

/** The state with no request granted before the given moment. A longer pause that is already there stays. */
export function pauseBudget(state: BudgetState, untilMs: number): BudgetState {
  return { ...state, pausedUntilMs: Math.max(untilMs, state.pausedUntilMs ?? 0) };
}

/** Whether no request may go because a pause was asked for. */
export function isPaused({ pausedUntilMs }: BudgetState, nowMs: number): boolean {
  return pausedUntilMs !== undefined && pausedUntilMs > nowMs;
}

function sum(spent: readonly Spent[]): number {
  return spent.reduce((total, [, requests]) => total + requests, 0);
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
