import type { SharedOptions } from '../shared-options.ts';
import { createShiftedClock, type ShiftedClock } from '../clock.ts';
import { createFaultBook, type FaultBook } from '../faults/faults.ts';
import { createTokenStore, type TokenStore } from '../http/authentication.ts';
import { createNoLimit, createSupportGate, createWindowLimit } from '../http/limits.ts';
import type { Gate, RateLimit } from '../http/limits.ts';
import { createDeletionBook, type DeletionBook } from '../logs/deletions.ts';
import { createPeople, type People } from './people.ts';

/** One simulated account: what its endpoints share. Its logs are opened on top of it. */
export type SimulatedAccount = {
  readonly options: SharedOptions;
  /** The moment from which the days of the logs count back, ms since 1970. */
  readonly anchorMs: number;
  readonly clock: ShiftedClock;
  readonly people: People;
  readonly tokens: TokenStore;
  readonly faults: FaultBook;
  /** What is gone from the logs. */
  readonly deletions: DeletionBook;
  readonly supportGate: Gate;
  /** Makes a limit of so many requests a minute, or none if the account has no limits. */
  readonly limit: (create: typeof createWindowLimit, perMinute: number) => RateLimit;
};

/** Makes an account. `streams` are the possible targets of faults. */
export function createAccount(
  options: SharedOptions,
  streams: readonly string[],
): SimulatedAccount {
  const clock = createShiftedClock(options.clockOffsetMs);
  const limit: SimulatedAccount['limit'] = (create, perMinute) =>
    options.limits ? create(perMinute, 60_000) : createNoLimit(perMinute);
  return {
    options,
    anchorMs: options.anchor?.getTime() ?? clock.now(),
    clock,
    people: createPeople(options.seed, options.agents),
    tokens: createTokenStore(options.credentials, clock),
    faults: createFaultBook(streams),
    deletions: createDeletionBook(),
    supportGate: createSupportGate(limit(createWindowLimit, options.supportRequestsPerMinute)),
    limit,
  };
}
