/** The one retry policy: what to do after a failed attempt. Pure. */
import type { Failure } from './failure.ts';

/** Limits of the tries of one request. */
export type RetryPolicy = {
  /** Attempts in all; pauses for 429 and a renewed token do not count. */
  attempts: number;
  /** The first back-off, doubled from one to the next. */
  baseMs: number;
  /** Answers 429 in a row after which the request has failed. */
  pauses: number;
  /** True when a 401 can be answered with a new token. */
  renewableToken: boolean;
};

/** The tries of one request so far, the failed one included. */
export type Tries = {
  /** Counting attempts, from 1. */
  attempt: number;
  /** Answers 429 in a row. */
  pauses: number;
  /** True once a 401 was answered with a new token. */
  tokenRenewed: boolean;
};

/** What the failure that ends a request comes to. */
export type Verdict = 'unavailable' | 'unauthorized' | 'cursor-refused' | 'rejected' | 'failed';

/** What to do next. Only a `back-off` counts as an attempt. */
export type Decision =
  | { action: 'back-off'; waitMs: number; halvePage: boolean }
  | { action: 'pause'; waitMs: number }
  | { action: 'renew-token' }
  | { action: 'give-up'; kind: Verdict };

/** Six attempts: about 31 s of waiting in all. */
export const usualPolicy = { attempts: 6, baseMs: 1_000, pauses: 20 } as const;

/** `retry-after` of a 5xx prolongs a back-off, up to this. */
const longestBackOffMs = 120_000;

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
  if (failure.kind === 'refusal' && failure.status < 500)
    return decideRefusal(failure, tries, policy);
  if (failure.kind === 'no-answer' && isUntrusted(failure.code))
    return { action: 'give-up', kind: 'failed' };
  if (tries.attempt >= policy.attempts) return { action: 'give-up', kind: 'failed' };
  const backOffMs = Math.round(policy.baseMs * 2 ** (tries.attempt - 1) * (0.5 + random));
  const askedMs = failure.kind === 'refusal' ? (failure.retryAfterMs ?? 0) : 0;
  return {
    action: 'back-off',
    waitMs: Math.max(backOffMs, Math.min(askedMs, longestBackOffMs)),
    halvePage: failure.kind === 'refusal' && failure.status === 504,
  };
}

function decideRefusal(
  failure: Extract<Failure, { kind: 'refusal' }>,
  tries: Tries,
  policy: RetryPolicy,
): Decision {
  switch (failure.status) {
    case 429:
      return tries.pauses >= policy.pauses
        ? { action: 'give-up', kind: 'failed' }
        : { action: 'pause', waitMs: failure.pauseMs };
    case 401:
      return policy.renewableToken && !tries.tokenRenewed
        ? { action: 'renew-token' }
        : { action: 'give-up', kind: 'unauthorized' };
    case 403:
    case 404:
      return { action: 'give-up', kind: 'unavailable' };
    case 400:
      // The same parameters were accepted with the first page of the span, so the cursor is what is wrong.
      return { action: 'give-up', kind: failure.cursorSent ? 'cursor-refused' : 'rejected' };
    default:
      return { action: 'give-up', kind: 'rejected' };
  }
}

/** True when the other side's certificate is not trusted: that does not pass by itself. */
export function isUntrusted(code: string | undefined): boolean {
  return (
    code !== undefined && /^CERT_|SELF_SIGNED_CERT|^UNABLE_TO_|CERT_ALTNAME_INVALID$/.test(code)
  );
}
