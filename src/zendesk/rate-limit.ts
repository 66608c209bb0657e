/** Reads the headers by which Zendesk limits requests (contract 0.2, 4.3). Pure; times in epoch milliseconds. */
import type { IncomingHttpHeaders } from 'node:http';

const shortestPauseMs = 1_000;
const longestResetMs = 120_000;
const longestRetryAfterMs = 3_600_000;
const unknownPauseMs = 60_000;
/** Below this a number is seconds from now, above it is an epoch: the two formats of `ratelimit-reset` (contract Q15). */
const smallestEpochSeconds = 100_000;
/** Above this an epoch is in milliseconds. */
const smallestEpochMs = 100_000_000_000;

/** How long to pause after a 429, and the header that said so. `localNowMs` is used if the answer has no `Date`. */
export function readPauseMs(headers: IncomingHttpHeaders, localNowMs: number): number {
  const nowMs = readDate(headers, localNowMs);
  const retryAfterMs = readRetryAfterMs(headers, localNowMs);
  if (retryAfterMs !== undefined) return retryAfterMs;
  const resetMs = readReset(header(headers, 'ratelimit-reset'), nowMs);
  return clamp(resetMs ?? unknownPauseMs, longestResetMs);
}

/** The header that says how long to pause after a 429; undefined if there is no readable one. */
export function namePauseHeader(
  headers: IncomingHttpHeaders,
  localNowMs: number,
): 'retry-after' | 'ratelimit-reset' | undefined {
  if (readRetryAfterMs(headers, localNowMs) !== undefined) return 'retry-after';
  const reset = readReset(header(headers, 'ratelimit-reset'), readDate(headers, localNowMs));
  return reset === undefined ? undefined : 'ratelimit-reset';
}

/** `retry-after` as a wait from 1 s to 1 h; undefined when absent or unreadable. */
export function readRetryAfterMs(
  headers: IncomingHttpHeaders,
  localNowMs: number,
): number | undefined {
  const text = header(headers, 'retry-after');
  if (text === undefined) return undefined;
  const waitMs = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : readMoment(text) - readDate(headers, localNowMs);
  return Number.isNaN(waitMs) ? undefined : clamp(waitMs, longestRetryAfterMs);
}

/** The account-wide limit per minute and the rest of it, if the headers say so. */
export function readLimit(headers: IncomingHttpHeaders): {
  limit: number | undefined;
  remaining: number | undefined;
} {
  return {
    limit: readCount(headers, 'ratelimit-limit', 'x-rate-limit'),
    remaining: readCount(headers, 'ratelimit-remaining', 'x-rate-limit-remaining'),
  };
}

/** The state of the account-wide limit when less than a fifth of it is left: pause until it is reset. Undefined otherwise. */
export function readExhaustion(
  headers: IncomingHttpHeaders,
  localNowMs: number,
): { remaining: number; limit: number; waitMs: number } | undefined {
  const { limit, remaining } = readLimit(headers);
  if (limit === undefined || remaining === undefined || remaining >= limit / 5) return undefined;
  const resetMs = readReset(header(headers, 'ratelimit-reset'), readDate(headers, localNowMs));
  return { remaining, limit, waitMs: clamp(resetMs ?? unknownPauseMs, longestResetMs) };
}

/** The account-wide limit, what is left of it, and how long until it is whole again; undefined unless the headers say all of it. */
export function readAccountLimit(
  headers: IncomingHttpHeaders,
  localNowMs: number,
): { limit: number; remaining: number; resetMs: number } | undefined {
  const { limit, remaining } = readLimit(headers);
  const resetMs = readReset(header(headers, 'ratelimit-reset'), readDate(headers, localNowMs));
  if (limit === undefined || remaining === undefined || resetMs === undefined) return undefined;
  return { limit, remaining, resetMs };
}

/** The state of an endpoint's own limit: `zendesk-ratelimit-<name>: total=1; remaining=0; resets=41` (contract 0.2, 3). */
export function readOwnLimit(
  headers: IncomingHttpHeaders,
  name: string,
): { remaining: number; waitMs: number } | undefined {
  const text = header(headers, `zendesk-ratelimit-${name}`.toLowerCase()) ?? '';
  const remaining = /\bremaining=(\d+)/.exec(text)?.[1];
  const resets = /\bresets=(\d+)/.exec(text)?.[1];
  if (remaining === undefined || resets === undefined) return undefined;
  return { remaining: Number(remaining), waitMs: clamp(Number(resets) * 1000, longestResetMs) };
}

function readReset(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(?:\.\d+)?$/.test(text)) {
    const waitMs = readMoment(text) - nowMs;
    return Number.isNaN(waitMs) ? undefined : waitMs;
  }
  const value = Number(text);
  if (value < smallestEpochSeconds) return value * 1000;
  return (value < smallestEpochMs ? value * 1000 : value) - nowMs;
}

/**
 * NaN unless the text looks like a date with a time, because `Date.parse` accepts almost anything with a digit. Without a
 * zone: UTC.
 */
function readMoment(text: string): number {
  if (!/\d{4}/.test(text) || !/\d:\d/.test(text)) return Number.NaN;
  const zoned = /(?:Z|GMT|UTC|[+-]\d{2}:?\d{2})$/i.test(text);
  return Date.parse(zoned ? text : `${text}${/\dT\d/.test(text) ? 'Z' : ' UTC'}`);
}

/** The server's own time, so that a wrong local clock does not matter. */
function readDate(headers: IncomingHttpHeaders, localNowMs: number): number {
  const ms = Date.parse(headers.date ?? '');
  return Number.isNaN(ms) ? localNowMs : ms;
}

function readCount(headers: IncomingHttpHeaders, ...names: string[]): number | undefined {
  const text = names.map((name) => header(headers, name)).find((found) => found !== undefined);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : value?.[0]?.trim();
}

function clamp(waitMs: number, longestMs: number): number {
  return Math.ceil(Math.min(Math.max(waitMs, shortestPauseMs), longestMs));
}
