/** How many requests a minute each budget group may send: a fixed number, or a share of what others leave, as the answers tell. */
import { learnShare, type AccountShare, type LimitSeen } from './account-share.ts';
import { countSince, type BudgetState } from './budget.ts';

/** The limits of a process. */
export type LearnedLimits = {
  readonly of: (group: string) => number;
  /** The state of the shared budget at the time `nowMs` of the database's clock, milliseconds since 1970. */
  readonly noteState: (group: string, state: BudgetState, nowMs: number) => void;
  /** What an answer says of the account's limit. */
  readonly learn: (group: string, seen: LimitSeen) => void;
};

const minuteMs = 60_000;
/** Zendesk gives the end of its minute in whole seconds, and a request takes a while to arrive: ours count from a little earlier. */
const earlyMs = 1500;

/** Begins with `requestsPerMinute`. A group with a share learns its own number from the first answer on. */
export function createLearnedLimits(
  requestsPerMinute: Readonly<Record<string, number>>,
  shares: Readonly<Record<string, number>>,
): LearnedLimits {
  const learned = new Map<string, AccountShare>();
  const states = new Map<string, { state: BudgetState; nowMs: number; takenMs: number }>();
  return {
    of: (group) => learned.get(group)?.requestsPerMinute ?? requestsPerMinute[group] ?? 0,
    noteState(group, state, nowMs) {
      states.set(group, { state, nowMs, takenMs: performance.now() });
    },
    learn(group, seen) {
      const [share, known] = [shares[group], states.get(group)];
      if (share === undefined || known === undefined) return;
      const nowMs = known.nowMs + performance.now() - known.takenMs;
      const own = countSince(known.state, nowMs + seen.resetMs - minuteMs - earlyMs);
      learned.set(group, learnShare(seen, own, share, learned.get(group)));
    },
  };
}
