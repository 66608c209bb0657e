import type { ResetForm } from './options.ts';

/** What a limit says to one request. */
export interface Admission {
  readonly admitted: boolean;
  /** Requests left in the window after this one. */
  readonly remaining: number;
  /** Until the window resets, or a refused request would be admitted, ms. */
  readonly resetsInMs: number;
}

/** A limit over a window of time; `nowMs` must never go back. Refused requests do not count. */
export interface RateLimit {
  readonly limit: number;
  admit(nowMs: number): Admission;
}

/** At most `limit` requests in any window of that length, wherever it begins (contract 4.3). */
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

/** No limit at all: always everything left. */
export function createNoLimit(limit: number): RateLimit {
  return { limit, admit: () => ({ admitted: true, remaining: limit, resetsInMs: 60_000 }) };
}

/** The `ratelimit-reset` header, if any. Rounded up, so that waiting as told is enough. */
export function writeReset(
  form: ResetForm,
  now: number,
  waitMs: number,
): Readonly<Record<string, string>> {
  const name = 'ratelimit-reset';
  const second = Math.ceil((now + waitMs) / 1000);
  const date = new Date(second * 1000);
  switch (form) {
    case 'date':
      return { [name]: date.toISOString().replace('.000Z', 'Z') };
    case 'http-date':
      return { [name]: date.toUTCString() };
    case 'epoch':
      return { [name]: String(second) };
    case 'seconds':
      return { [name]: String(Math.ceil(waitMs / 1000)) };
    default:
      return {};
  }
}
