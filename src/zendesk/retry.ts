/** The one retry policy: what to do after a failed attempt, decided purely; and the only user of p-retry. */
import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { KnownError } from '../errors.ts';
import { AttemptError, isOwnWord, type Failure } from './answer.ts';

/** Limits of the tries of one request. */
export type RetryPolicy = {
  /** Attempts in all; pauses for 429 and a renewed token do not count. */
  readonly attempts: number;
  /** The first back-off, doubled from one to the next. */
  readonly baseMs: number;
  /** Answers 429 in a row after which the request has failed; 1: none is waited for. */
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
  | { readonly action: 'back-off'; readonly waitMs: number; readonly askForLess: boolean }
  | { readonly action: 'pause'; readonly waitMs: number }
  | { readonly action: 'renew-token' }
  | { readonly action: 'give-up' };

/** A decision for another attempt. */
export type NextAttempt = Exclude<Decision, { readonly action: 'give-up' }>;

/** Six attempts: about 31 s of waiting in all. */
export const usualPolicy = { attempts: 6, baseMs: 1_000, pauses: 20 } as const;

/** `retry-after` of a 5xx prolongs a back-off, up to this. */
const longestBackOffMs = 120_000;

/** How long a pause for 429 is believed: the first in a row, the second, and all that follow. */
const longestPausesMs = [300_000, 900_000, 3_600_000] as const;

/** Attempts for what Zendesk itself says about rights: a moment's fault of its own says the same. */
const refusalAttempts = 3;

/** Answers 4xx about the moment rather than the request: time-outs, conflicts, locks, connections given up half-way. */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 421, 423, 425, 499]);

/** What Zendesk may answer to a cursor that it does not know any more. */
const cursorStatuses: ReadonlySet<number> = new Set([400, 404, 410, 422]);

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
    return tries.pauses >= policy.pauses
      ? giveUp
      : { action: 'pause', waitMs: Math.min(failure.pauseMs, longestPauseMs(tries.pauses)) };
  if (isStatus(failure, 401) && policy.renewableToken && !tries.tokenRenewed)
    return { action: 'renew-token' };
  if (tries.attempt >= Math.min(policy.attempts, countAttempts(failure))) return giveUp;
  const backOffMs = Math.round(policy.baseMs * 2 ** (tries.attempt - 1) * (0.5 + random));
  const askedMs = failure.kind === 'refusal' ? (failure.retryAfterMs ?? 0) : 0;
  return {
    action: 'back-off',
    waitMs: Math.max(backOffMs, Math.min(askedMs, longestBackOffMs)),
    askForLess: mayShrink(failure),
  };
}

/** Errors of connections that were never made: what was asked for has nothing to do with them. */
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Whether the answer may have been too large or too slow, so that a smaller page may come through. */
function mayShrink(failure: Failure): boolean {
  if (failure.kind === 'broken-answer') return failure.wasCut;
  if (failure.kind === 'no-answer')
    return !neverConnected.has(failure.code ?? '') && failure.proxy?.fault !== 'refused';
  const { status } = failure;
  return (status >= 500 && status !== 503) || status === 408 || status === 413 || status === 499;
}

function isStatus(failure: Failure, status: number): boolean {
  return failure.kind === 'refusal' && failure.status === status;
}

function longestPauseMs(pauses: number): number {
  return longestPausesMs[Math.min(Math.max(pauses, 1), longestPausesMs.length) - 1] ?? 0;
}

/** How often a request is sent that is answered like this: 1 where the same request cannot be answered otherwise. */
function countAttempts(failure: Failure): number {
  if (isPassing(failure)) return Infinity;
  return refusesRights(failure) ? refusalAttempts : 1;
}

/** Whether a failure is one of the moment or of the way: it says nothing about the request. */
export function isPassing(failure: Failure): boolean {
  if (failure.kind === 'no-answer')
    return !isUntrusted(failure.code) && !isDecided(failure.proxy?.status);
  if (failure.kind === 'broken-answer') return true;
  const { status, body } = failure;
  return status < 400 || status >= 500 || passingStatuses.has(status) || !isOwnWord(body);
}

/**
 * Whether a proxy has refused for good. A wrong password that is sent again and again may lock somebody's account there.
 */
function isDecided(status = 0): boolean {
  return status >= 400 && status < 500;
}

/** Whether the answer may mean that the cursor is not known any more: the first page of the span was answered. */
export function refusesCursor({
  status,
  cursorSent,
}: Pick<Extract<Failure, { kind: 'refusal' }>, 'status' | 'cursorSent'>): boolean {
  return cursorSent && cursorStatuses.has(status);
}

/** Whether Zendesk itself says that the endpoint is not ours to read. */
function refusesRights(failure: Failure): boolean {
  if (failure.kind !== 'refusal' || refusesCursor(failure)) return false;
  const { status, body } = failure;
  return status === 403 || (status === 404 && body.code !== 'RecordNotFound');
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
  readonly pause: (waitMs: number, failure: Failure) => Promise<void>;
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
    if (decision.action === 'pause') await pause(decision.waitMs, failure);
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
