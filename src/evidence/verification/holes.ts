/** The times at which missing manifests were written: rows stored then cannot be told apart from rows added by hand. Pure. */
import type { LogHole } from './log-entries.ts';
import { microsOfIso } from './open-manifests.ts';

/** From when to when, in microseconds since 1970, missing manifests were written. */
export type HoleWindow = { readonly from: number; readonly until: number };

/**
 * Manifests are in the order in which they were noted, and have the time at which their transaction began. A long
 * transaction therefore comes after some that began later.
 */
const toleratedMicros = 60_000_000;

/** When missing manifests were written, by those beside them. */
export function listWindows(holes: readonly LogHole[]): readonly HoleWindow[] {
  return holes.map(({ after, before }) => ({
    from: after === undefined ? -Infinity : Number(microsOfIso(after)) - toleratedMicros,
    until: before === undefined ? Infinity : Number(microsOfIso(before)) + toleratedMicros,
  }));
}

/** Whether a row without a known manifest may belong to a missing one. */
export function isInWindow(windows: readonly HoleWindow[], writtenAt: string): boolean {
  const micros = Number(writtenAt);
  return windows.some(({ from, until }) => micros >= from && micros <= until);
}
