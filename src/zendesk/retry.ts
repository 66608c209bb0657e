/** The one retry policy: what to do after a failed attempt, decided purely; and the only user of p-retry. */
import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { KnownError } from '../errors.ts';
import { AttemptError, type Failure } from './answer.ts';

/** Limits of the tries of one request. */
export type RetryPolicy = {
  /** Attempts in all; pauses for 429 and a renewed token do not count. */
  readonly attempts: number;
  /** The first back-off, doubled from one to the next. */
  readonly baseMs: number;
  /** Answers 429 in a row after which the request has failed. */
  readonly pauses: number;
  /** True when a 401 can be answered with a new token. */
  readonly renewableToken: boolean;
};

/** The tries of one request so far, the failed one included. */
export type Tries = {
  /** Counting attempts, from 1. */
  readonly attempt: number;
  /** Answers 429 in a row. */
  readonly pauses: number;
  /** True once a 401 was answered with a new token. */
  readonly tokenRenewed: boolean;
};

/** What to do next. Only a `back-off` counts as an attempt. */
export type Decision =
  | { readonly action: 'back-off'; readonly waitMs: number; readonly halvePage: boolean }
  | { readonly action: 'pause'; readonly waitMs: number }
  | { readonly action: 'renew-token' }
  | { readonly action: 'give-up' };

/** A decision for another attempt. */
export type NextAttempt = Exclude<Decision, { readonly action: 'give-up' }>;

/** Six attempts: about 31 s of waiting in all. */
export const usualPolicy = { attempts: 6, baseMs: 1_000, pauses: 20 } as const;

/** `retry-after` of a 5xx prolongs a back-off, up to this. */
const longestBackOffMs = 120_000;

const giveUp: Decision = { action: 'give-up' };

/**
 * Decides about a failed attempt (contract 0.5, 4.3, 4.4). `random` from 0 to 1 spreads each back-off by half of it to both
 * sides, so that parallel requests do not come back together.
 */
export function decideRetry(
  failure: Failure,
  tries: Tries,
  policy: RetryPolicy,
  random: number,
): Decision {
  if (failure.kind === 'refusal' && failure.status === 429)
    return tries.pauses >= policy.pauses ? giveUp : { action: 'pause', waitMs: failure.pauseMs };
  if (failure.kind === 'refusal' && failure.status === 401)
    return policy.renewableToken && !tries.tokenRenewed ? { action: 'renew-token' } : giveUp;
  if (!isPassing(failure) || tries.attempt >= policy.attempts) return giveUp;
  const backOffMs = Math.round(policy.baseMs * 2 ** (tries.attempt - 1) * (0.5 + random));
  const askedMs = failure.kind === 'refusal' ? (failure.retryAfterMs ?? 0) : 0;
  return {
    action: 'back-off',
    waitMs: Math.max(backOffMs, Math.min(askedMs, longestBackOffMs)),
    halvePage: failure.kind === 'refusal' && failure.status === 504,
  };
}

/** Whether the same request may be answered if it is sent again. */
function isPassing(failure: Failure): boolean {
  if (failure.kind === 'refusal') return failure.status >= 500;
  return failure.kind === 'broken-answer' || !isUntrusted(failure.code);
}

/** True when the other side's certificate is not trusted: that does not pass by itself. */
export function isUntrusted(code: string | undefined): boolean {
  return (
    code !== undefined && /^CERT_|SELF_SIGNED_CERT|^UNABLE_TO_|CERT_ALTNAME_INVALID$/.test(code)
  );
}

type AttemptOptions = {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  /** Answers a 429: waits, or makes the next attempt wait. */
  readonly pause: (waitMs: number) => Promise<void>;
  /** Is called with each failure after which another attempt follows. */
  readonly onRetry: (failure: Failure, next: NextAttempt, tries: Tries) => void;
  /** Makes the error that ends the request. */
  readonly explain: (failure: Failure, tries: Tries) => KnownError;
};

/**
 * Runs `attempt` until it succeeds or the policy gives up. Only `AttemptError` is repeated, anything else passes through.
 * @throws {KnownError} what `explain` makes of the last failure
 * @throws the signal's reason
 */
export async function runAttempts<Result>(
  attempt: () => Promise<Result>,
  { policy, signal, pause, onRetry, explain }: AttemptOptions,
): Promise<Result> {
  let pauses = 0;
  let tokenRenewed = false;

  const answerFailure = async (failure: Failure, attemptNumber: number): Promise<boolean> => {
    pauses = failure.kind === 'refusal' && failure.status === 429 ? pauses + 1 : 0;
    const tries = { attempt: attemptNumber, pauses, tokenRenewed };
    const decision = decideRetry(failure, tries, policy, Math.random());
    if (decision.action === 'give-up') throw explain(failure, tries);
    onRetry(failure, decision, tries);
    if (decision.action === 'renew-token') tokenRenewed = true;
    if (decision.action === 'pause') await pause(decision.waitMs);
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
