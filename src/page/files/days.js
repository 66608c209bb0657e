/** Days by UTC, such as `2026-11-03`. */

const dayMs = 86_400_000;

/** The day of a moment in milliseconds. */
export function writeDay(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The next day. */
export function dayAfter(day) {
  return writeDay(Date.parse(day) + dayMs);
}

/** The day before. */
export function dayBefore(day) {
  return writeDay(Date.parse(day) - dayMs);
}
