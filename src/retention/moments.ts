/** Moments of spans, for statements. */
import { fromSeconds } from '../span.ts';

/** A second as Postgres reads it, which knows the ends of time as well. */
export function spell(second: number): string {
  if (Number.isFinite(second)) return fromSeconds(second).toISOString();
  return second > 0 ? 'infinity' : '-infinity';
}
