/** Reports waits for the budget: what for, why and how long, but not again and again. */
import type { BudgetDecision } from './budget.ts';
import type { SyncEvent } from './events.ts';

/** A decision that grants nothing. */
export type Wait = Pick<BudgetDecision, 'waitMs'> & {
  readonly isPaused: boolean;
  readonly reason: string | undefined;
};

/**
 * Waiting for a full minute is normal and nobody wants to read about it; a pause that another process recorded is of
 * interest.
 */
const worthTellingMs = { used: 65_000, paused: 1_000 } as const;
const tellAgainMs = 300_000;

/** Reports waits, for each group only once in a while. */
export function createTeller(report: (event: SyncEvent) => void): {
  tell(group: string, wait: Wait): void;
  /** This wait was already reported in another way. */
  noteTold(group: string, waitMs: number): void;
} {
  /** When it may be reported again, by the monotonic clock. */
  const quietUntilMs = new Map<string, number>();
  const noteTold = (group: string, waitMs: number): void =>
    void quietUntilMs.set(group, performance.now() + Math.min(waitMs, tellAgainMs));
  return {
    noteTold,
    tell(group, { waitMs, isPaused: paused, reason }) {
      if (waitMs < (paused ? worthTellingMs.paused : worthTellingMs.used)) return;
      if (performance.now() < (quietUntilMs.get(group) ?? 0)) return;
      noteTold(group, waitMs);
      const why = paused ? reason : undefined;
      report({ type: 'waiting-for-budget', group, waitMs, isPaused: paused, reason: why });
    },
  };
}
