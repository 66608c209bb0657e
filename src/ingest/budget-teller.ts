/** Telling of waits for the budget: what is waited for, why and how long, but not again and again. */
import type { BudgetDecision } from './budget.ts';
import type { SyncEvent } from './events.ts';

/** A decision that lets nothing through. */
export type Wait = Pick<BudgetDecision, 'waitMs'> & {
  readonly isPaused: boolean;
  readonly reason: string | undefined;
};

/** A full minute is waited for all the time, and nobody wants to read of it; of a pause that another process noted they do. */
const worthTellingMs = { used: 65_000, paused: 1_000 } as const;
const tellAgainMs = 300_000;

/** Tells of waits, of each group's once in a while. */
export function createTeller(report: (event: SyncEvent) => void): {
  tell(group: string, wait: Wait): void;
  /** It was told otherwise that so long is waited for. */
  noteTold(group: string, waitMs: number): void;
} {
  /** From when on it is told of again, by the steady clock. */
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
