import type { Burst } from './options.ts';

/** A burst resolved to numbers: so many rows, all in one second. */
export interface ResolvedBurst {
  readonly second: number;
  readonly minute: number;
  /** Where in its minute the second begins, in ms. */
  readonly offsetMs: number;
  readonly count: number;
}

/** Rows of a burst that are built together. */
export const BURST_CHUNK = 250;

/** The burst of one stream, if it has one. */
export function resolveBurst(
  burst: Burst | null,
  stream: Burst['stream'],
): ResolvedBurst | undefined {
  if (burst === null || burst.stream !== stream || burst.count === 0) return undefined;
  const second = Math.floor(new Date(burst.at).getTime() / 1000);
  const minute = Math.floor(second / 60);
  return { second, minute, offsetMs: (second - minute * 60) * 1000, count: burst.count };
}

/** When in the second the nth row of a burst happens, in ms. */
export function burstRowMs(burst: ResolvedBurst, n: number): number {
  return burst.second * 1000 + Math.floor((n * 1000) / burst.count);
}

/** The first row of a burst at or before that ms of its minute. */
export function burstRowAt(burst: ResolvedBurst, offsetMs: number): number {
  const n = Math.floor(((offsetMs - burst.offsetMs) * burst.count) / 1000);
  return Math.min(Math.max(n, 0), burst.count - 1);
}
