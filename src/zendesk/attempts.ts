/** The only user of p-retry: repeats attempts as `decideRetry` decides. */
import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { KnownError } from '../errors.ts';
import { AttemptError, type Failure } from './failure.ts';
import { decideRetry, type Decision, type RetryPolicy, type Tries, type Verdict } from './retry.ts';

export type AttemptOptions = {
  policy: RetryPolicy;
  signal: AbortSignal;
  /** Answers a 429: waits, or makes the next attempt wait. */
  pause(waitMs: number): Promise<void>;
  /** Hears of each failure after which another attempt follows. */
  onRetry(failure: Failure, decision: Exclude<Decision, { action: 'give-up' }>, tries: Tries): void;
  /** Makes the error that ends the request. */
  explain(failure: Failure, verdict: Verdict, tries: Tries): KnownError;
};

/**
 * Runs `attempt` until it succeeds or the policy gives up. Only `AttemptError` is repeated, anything else passes through.
 * @throws {KnownError} what `explain` makes of the last failure
 * @throws the signal's reason
 */
export async function runAttempts<Result>(
  attempt: () => Promise<Result>,
  options: AttemptOptions,
): Promise<Result> {
  const { policy, signal } = options;
  let pauses = 0;
  let tokenRenewed = false;

  const answerFailure = async (failure: Failure, attemptNumber: number): Promise<boolean> => {
    pauses = failure.kind === 'refusal' && failure.status === 429 ? pauses + 1 : 0;
    const tries = { attempt: attemptNumber, pauses, tokenRenewed };
    const decision = decideRetry(failure, tries, policy, Math.random());
    if (decision.action === 'give-up') throw options.explain(failure, decision.kind, tries);
    options.onRetry(failure, decision, tries);
    if (decision.action === 'renew-token') tokenRenewed = true;
    if (decision.action === 'pause') await options.pause(decision.waitMs);
    if (decision.action === 'back-off') await wait(decision.waitMs, signal);
    return decision.action === 'back-off';
  };

  return pRetry(attempt, {
    signal,
    // One more than the policy ever uses up, and no waits of its own: the policy alone decides.
    retries: policy.attempts,
    minTimeout: 0,
    shouldConsumeRetry({ error, retriesConsumed }) {
      if (error instanceof AttemptError) return answerFailure(error.failure, retriesConsumed + 1);
      throw error;
    },
  });
}

/** Waits unless the signal aborts, and then throws its reason. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Waits for what others wait for too: an abort ends this waiting only, and throws the signal's reason. */
export async function waitFor<Value>(shared: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
