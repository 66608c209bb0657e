/** The request budget for a reader: uses only what the others have left, and writes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../errors.ts';
import { pauseBudget, spendRequests, type BudgetState, type Spent } from '../ingest/budget.ts';
import type { Budget } from '../zendesk/request.ts';
import { formatDuration } from './figures.ts';

/** A stored shared budget: see `src/ingest/budget.ts`. */
export type SharedBudget = BudgetState & {
  /** The clock that it uses, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly pauseReason: string | undefined;
};

/** A person waits for the examination: after this time it says why it sent no request. */
const patienceMs = 5_000;

/**
 * A budget for few requests. Each `take` reads the shared budget, adds the requests from here, and waits a few seconds at
 * most; then it rejects with `budget_used_up`, whose `found` is the end of a sentence. A pause is only for this process.
 */
export function createReadOnlyBudget(options: {
  /** By the names of the groups. */
  requestsPerMinute: Readonly<Record<string, number>>;
  /** The shared budget; undefined if none is stored (yet). */
  loadShared: (group: string) => Promise<SharedBudget | undefined>;
  /** Milliseconds since 1970. */
  localNow: () => number;
}): Budget {
  const own = new Map<string, BudgetState & { reason?: string }>();
  const stateOf = (group: string): BudgetState & { reason?: string } =>
    own.get(group) ?? { spent: [], pausedUntilMs: undefined };

  return {
    async take(group, _priority, signal) {
      for (;;) {
        signal.throwIfAborted();
        const nowMs = options.localNow();
        const shared = await options.loadShared(group);
        const limit = options.requestsPerMinute[group] ?? 0;
        const state = addShared(stateOf(group), shared, nowMs);
        const { granted, waitMs } = spendRequests(state, nowMs, limit, 0);
        if (granted > 0) {
          const sent: Spent = [nowMs, 1];
          own.set(group, { ...stateOf(group), spent: [...stateOf(group).spent, sent] });
          return;
        }
        if (waitMs > patienceMs) {
          const paused = state.pausedUntilMs !== undefined && state.pausedUntilMs > nowMs;
          const why = paused
            ? `requests are paused for ${formatDuration(waitMs / 1000)} (${stateOf(group).reason ?? shared?.pauseReason ?? 'no reason known'})`
            : `the ${limit} requests of this minute are used up; the next one is available in ${formatDuration(waitMs / 1000)}`;
          throw new KnownError('budget_used_up', { found: why });
        }
        await sleep(waitMs, undefined, { signal });
      }
    },
    async pause(group, waitMs, reason) {
      own.set(group, { ...pauseBudget(stateOf(group), options.localNow() + waitMs), reason });
    },
  };
}

/** The requests from here and from the others, by the local clock. */
function addShared(own: BudgetState, shared: SharedBudget | undefined, nowMs: number): BudgetState {
  if (shared === undefined) return own;
  const shiftMs = nowMs - shared.nowMs;
  const others = shared.spent.map(([sinceMs, requests]): Spent => [sinceMs + shiftMs, requests]);
  const state = { ...own, spent: [...others, ...own.spent].toSorted(([a], [b]) => a - b) };
  return shared.pausedUntilMs === undefined
    ? state
    : pauseBudget(state, shared.pausedUntilMs + shiftMs);
}
