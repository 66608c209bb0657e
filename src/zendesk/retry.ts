/** The one retry policy: what to do after a failed attempt, decided purely; and the only user of p-retry. */
import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { KnownError } from '../errors.ts';
import { AttemptError, isOwnWord, type Failure } from './answer.ts';

/** Limits for the tries of one request. */
export type RetryPolicy = {
  /** The number of attempts; pauses for 429 and a renewed token do not count. */
  readonly attempts: number;
  /** The first waiting time, doubled each time. */
  readonly baseMs: number;
  /** The request fails after so many 429s in a row; 1: it does not wait for any. */
  readonly pauses: number;
  /** True if a new token can be tried after a 401. */
  readonly renewableToken: boolean;
  /** True if the request before could not reach Zendesk: one that cannot either does not wait. */
  readonly wasCutOff: boolean;
};

/** The tries of one request so far, the failed one included. */
export type Tries = {
  /** Number of attempts, from 1. */
  readonly attempt: number;
  /** Number of 429s in a row. */
  readonly pauses: number;
  /** True once a new token was tried after a 401. */
  readonly tokenRenewed: boolean;
};

/** What to do next. Only a `back-off` counts as an attempt. */
export type Decision =
  | { readonly action: 'back-off'; readonly waitMs: number; readonly askForLess: boolean }
  | { readonly action: 'pause'; readonly waitMs: number }
  | { readonly action: 'renew-token' }
  | { readonly action: 'give-up' };

/** A decision for another attempt. */
export type NextAttempt = Exclude<Decision, { readonly action: 'give-up' }>;

/** Six attempts: about 31 s of waiting in all. */
export const usualPolicy = { attempts: 6, baseMs: 1_000, pauses: 20 } as const;

/** `retry-after` of a 5xx extends the waiting time, up to this. */
const longestBackOffMs = 120_000;

/** The longest accepted pause for a 429: for the first in a row, the second, and all that follow. */
const longestPausesMs = [300_000, 900_000, 3_600_000] as const;

/** Attempts when Zendesk itself refuses access: a short fault of Zendesk looks the same. */
const refusalAttempts = 3;

/** 4xx about a temporary problem, not about the request: time-outs, conflicts, locks, aborted connections. */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 421, 423, 425, 499]);

/** What Zendesk may answer to a cursor that it no longer knows. */
const cursorStatuses: ReadonlySet<number> = new Set([400, 404, 410, 422]);

const giveUp: Decision = { action: 'give-up' };

/**
 * Decides about a failed attempt (contract 0.5, 4.3, 4.4). `random` from 0 to 1 changes each waiting time by up to half in
 * both directions, so that parallel requests do not retry together.
 */
export function decideRetry(
  failure: Failure,
  tries: Tries,
  policy: RetryPolicy,
  random: number,
): Decision {
  if (failure.kind === 'refusal' && failure.status === 429)
    return tries.pauses >= policy.pauses
      ? giveUp
      : { action: 'pause', waitMs: Math.min(failure.pauseMs, longestPauseMs(tries.pauses)) };
  if (isStatus(failure, 401) && policy.renewableToken && !tries.tokenRenewed)
    return { action: 'renew-token' };
  if (tries.attempt >= Math.min(policy.attempts, countAttempts(failure))) return giveUp;
  if (policy.wasCutOff && isUnreachable(failure)) return giveUp;
  const backOffMs = Math.round(policy.baseMs * 2 ** (tries.attempt - 1) * (0.5 + random));
  const askedMs = failure.kind === 'refusal' ? (failure.retryAfterMs ?? 0) : 0;
  return {
    action: 'back-off',
    waitMs: Math.max(backOffMs, Math.min(askedMs, longestBackOffMs)),
    askForLess: mayShrink(failure),
  };
}

/** Errors of connections that were never made: the request is not the cause. */
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Whether there was no connection over which an answer could have come. */
export function isUnreachable(failure: Failure): boolean {
  if (failure.kind !== 'no-answer') return false;
  const { code = '', isUnconnected = false, proxy } = failure;
  return isUnconnected || neverConnected.has(code) || proxy?.fault === 'unreachable';
}

/** Whether the answer may have been too large or too slow, so that a smaller page may work. */
function mayShrink(failure: Failure): boolean {
  if (failure.kind === 'broken-answer') return failure.wasCut;
  if (failure.kind === 'no-answer')
    return !isUnreachable(failure) && failure.proxy?.fault !== 'refused';
  const { status } = failure;
  return (status >= 500 && status !== 503) || status === 408 || status === 413 || status === 499;
}

function isStatus(failure: Failure, status: number): boolean {
  return failure.kind === 'refusal' && failure.status === status;
}

function longestPauseMs(pauses: number): number {
  return longestPausesMs[Math.min(Math.max(pauses, 1), longestPausesMs.length) - 1] ?? 0;
}

/** How often to send a request with such an answer: 1 if the same request cannot get another answer. */
function countAttempts(failure: Failure): number {
  if (isPassing(failure)) return Infinity;
  return refusesRights(failure) ? refusalAttempts : 1;
}

/** Whether a failure is temporary or comes from the network: it says nothing about the request. */
export function isPassing(failure: Failure): boolean {
  if (failure.kind === 'no-answer')
    return !isUntrusted(failure.code) && !isDecided(failure.proxy?.status);
  if (failure.kind === 'broken-answer') return true;
  const { status, body } = failure;
  return status < 400 || status >= 500 || passingStatuses.has(status) || !isOwnWord(body);
}

/**
 * Whether a proxy has refused permanently. Sending a wrong password again and again may lock an account there.
 */
function isDecided(status = 0): boolean {
  return status >= 400 && status < 500;
}

/** Whether the answer may mean that Zendesk no longer knows the cursor: it did answer the first page of the span. */
export function refusesCursor({
  status,
  cursorSent,
}: Pick<Extract<Failure, { kind: 'refusal' }>, 'status' | 'cursorSent'>): boolean {
  return cursorSent && cursorStatuses.has(status);
}

/** Whether Zendesk itself says that we may not read the endpoint. */
function refusesRights(failure: Failure): boolean {
  if (failure.kind !== 'refusal' || refusesCursor(failure)) return false;
  const { status, body } = failure;
  return status === 403 || (status === 404 && body.code !== 'RecordNotFound');
}

/** True when the other side's certificate is not trusted: a retry does not help. */
export function isUntrusted(code: string | undefined): boolean {
  return (
    code !== undefined && /^CERT_|SELF_SIGNED_CERT|^UNABLE_TO_|CERT_ALTNAME_INVALID$/.test(code)
  );
}

type AttemptOptions = {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  /** Reacts to a 429: waits, or makes the next attempt wait. */
  readonly pause: (waitMs: number, failure: Failure) => Promise<void>;
  /** Called with each failure after which another attempt follows. */
  readonly onRetry: (failure: Failure, next: NextAttempt, tries: Tries) => void;
  /** Makes the error that ends the request. */
  readonly explain: (failure: Failure, tries: Tries) => KnownError;
};

/**
 * Runs `attempt` until it succeeds or the policy gives up. Only an `AttemptError` leads to another attempt; any other error
 * is thrown on.
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
    if (decision.action === 'pause') await pause(decision.waitMs, failure);
    if (decision.action === 'back-off') await wait(decision.waitMs, signal);
    return decision.action === 'back-off';
  };

  return pRetry(attempt, {
    signal,
    // One more than the policy ever needs, and no waits of p-retry: only the policy decides.
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

/** Waits for something that others wait for too: an abort ends only this wait, and throws the signal's reason. */
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
