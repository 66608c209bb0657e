/**
 * The request budget as a pure function: it uses every request of the limit, and never more in any window of 60 seconds.
 * Postgres keeps the state, so restarts and several processes share it.
 */

/** Requests that were sent in one short interval: when it began (milliseconds since 1970) and how many. */
export type Spent = readonly [sinceMs: number, requests: number];

/** The state of a budget: the requests of about the last minute, and until when it is paused. */
export type BudgetState = {
  readonly spent: readonly Spent[];
  readonly pausedUntilMs: number | undefined;
};

/** The answer when requests are wanted. */
export type BudgetDecision = {
  /** How many may be sent now. */
  readonly granted: number;
  /** If none may be sent: how long to wait before asking again. */
  readonly waitMs: number;
  /** What remains of the limit. */
  readonly left: number;
  /** The interval in which the granted ones were counted, for `returnRequests`. */
  readonly sinceMs: number;
  readonly state: BudgetState;
};

const windowMs = 60_000;
/** Requests are counted in intervals of this length, so that the state stays small at any rate. */
const stretchMs = 250;
/** A request may reach Zendesk this much later than the next ones, so its place in the window stays used for longer. */
const marginMs = 500;
/** How old a grant may be when its request is sent; the rest of the margin is for the network. */
export const freshMs = 300;

/** The program accepts no longer pause from Zendesk (`zendesk/retry.ts`), so no recorded pause can be longer. */
const longestPauseMs = 3_600_000;

/**
 * The state without impossible values, which appear when the database's clock was set back. Requests in the future count as
 * made now, and a pause ends within an hour. A correct state is returned unchanged.
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
 * Grants up to `wanted` requests, as many as the budget allows, or says how long to wait for the next one.
 *
 * `reserve` requests of the limit stay unused: the backfill passes 1, so that the live tail never waits because the backfill
 * has used up the window.
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

/** The state without so many requests of an interval: they were granted but not sent. */
export function returnRequests(state: BudgetState, sinceMs: number, requests: number): BudgetState {
  const spent = state.spent.map(([since, count]): Spent => [
    since,
    since === sinceMs ? count - requests : count,
  ]);
  return { ...state, spent: spent.filter(([, count]) => count > 0) };
}

/** The state with a pause until the given moment. An existing longer pause stays. */
export function pauseBudget(state: BudgetState, untilMs: number): BudgetState {
  return { ...state, pausedUntilMs: Math.max(untilMs, state.pausedUntilMs ?? 0) };
}

/** The requests since a moment, in milliseconds since 1970. */
export function countSince({ spent }: BudgetState, sinceMs: number): number {
  return sum(spent.filter(([at]) => at >= sinceMs));
}

/** Whether a requested pause blocks all requests. */
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
