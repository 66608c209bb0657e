import { ACCESS, SUPPORT, withHeaders, type SimulatedAnswer } from './answers.ts';

/** The result of a limit for one request. */
type Admission = {
  readonly admitted: boolean;
  /** Requests left in the window after this one. */
  readonly remaining: number;
  /** Time until the window resets, or until a refused request would be admitted, ms. */
  readonly resetsInMs: number;
};

/** A limit over a window of time; `nowMs` must never go back. Refused requests do not count. */
export type RateLimit = {
  readonly limit: number;
  readonly admit: (nowMs: number) => Admission;
};

/** At most `limit` requests in any window of that length, at any position (contract 4.3). */
export function createSlidingLimit(limit: number, windowMs: number): RateLimit {
  const arrivals: number[] = [];
  return {
    limit,
    admit(nowMs) {
      while (arrivals.length > 0 && (arrivals[0] ?? 0) <= nowMs - windowMs) arrivals.shift();
      const admitted = arrivals.length < limit;
      if (admitted) arrivals.push(nowMs);
      const oldest = arrivals[0] ?? nowMs;
      return {
        admitted,
        remaining: limit - arrivals.length,
        resetsInMs: oldest + windowMs - nowMs,
      };
    },
  };
}

/** At most `limit` requests in a window that begins with the first request after the last window (contract 0.2). */
export function createWindowLimit(limit: number, windowMs: number): RateLimit {
  let beganAt = -Infinity;
  let used = 0;
  return {
    limit,
    admit(nowMs) {
      if (nowMs - beganAt >= windowMs) {
        beganAt = nowMs;
        used = 0;
      }
      const admitted = used < limit;
      if (admitted) used++;
      return { admitted, remaining: limit - used, resetsInMs: beganAt + windowMs - nowMs };
    },
  };
}

/** No limit: everything is always left. */
export function createNoLimit(limit: number): RateLimit {
  return { limit, admit: () => ({ admitted: true, remaining: limit, resetsInMs: 60_000 }) };
}

/**
 * The forms of a `ratelimit-reset` header: `date` 2026-11-20T08:16:00Z, `http-date` as in the `Date` header, `epoch`
 * seconds since 1970, `seconds` from now; `none`: the header is left out.
 */
export type ResetForm = 'date' | 'http-date' | 'epoch' | 'seconds' | 'none';

/** The `ratelimit-reset` header, if any. Rounded up, so that it is enough to wait that long. */
export function writeReset(
  form: ResetForm,
  now: number,
  waitMs: number,
): Readonly<Record<string, string>> {
  if (form === 'none') return {};
  const second = Math.ceil((now + waitMs) / 1000);
  const date = new Date(second * 1000);
  const forms: Record<typeof form, string> = {
    date: date.toISOString().replace('.000Z', 'Z'),
    'http-date': date.toUTCString(),
    epoch: String(second),
    seconds: String(Math.ceil(waitMs / 1000)),
  };
  return { 'ratelimit-reset': forms[form] };
}

/** Admits a request, with headers for its answer, or refuses it. */
export type Gate = (nowMs: number) => {
  readonly refusal?: SimulatedAnswer;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The gate of the Support stack: every answer says what is left (contract 0.2). */
export function createSupportGate(rateLimit: RateLimit): Gate {
  const limit = String(rateLimit.limit);
  return (nowMs) => {
    const { admitted, remaining, resetsInMs } = rateLimit.admit(nowMs);
    const seconds = String(Math.ceil(resetsInMs / 1000));
    if (!admitted) return { refusal: withHeaders(SUPPORT.tooMany, { 'retry-after': seconds }) };
    return {
      headers: {
        'x-rate-limit': limit,
        'ratelimit-limit': limit,
        'x-rate-limit-remaining': String(remaining),
        'ratelimit-remaining': String(remaining),
        'ratelimit-reset': seconds,
      },
    };
  };
}

/** The gate of access logs: no headers on success; a 429 has its wait only in `ratelimit-reset` (contract 4.3). */
export function createAccessGate(
  rateLimit: RateLimit,
  resetForm: ResetForm,
  clock: { readonly now: () => number },
): Gate {
  return (nowMs) => {
    const { admitted, resetsInMs } = rateLimit.admit(nowMs);
    if (admitted) return {};
    const reset = writeReset(resetForm, clock.now(), resetsInMs);
    return { refusal: withHeaders(ACCESS.tooMany, reset) };
  };
}
