/** A condition for statements that recompute a rollup: that a column of time is within the days `$2` to `$3`, UTC. */
export function withinDays(column: string): string {
  return `${column} >= $2::date::timestamp at time zone 'UTC' and ${column} < ($3::date + 1)::timestamp at time zone 'UTC'`;
}

/** The day of a column of time, UTC. */
export function dayOf(column: string): string {
  return `(${column} at time zone 'UTC')::date`;
}

/** The beginning of that day: a number, cheaper to compute and to group by. */
export function binOf(column: string): string {
  return `date_bin('1 day', ${column}, timestamptz '1970-01-01 00:00:00+00')`;
}

/** The day of a column `bin`. */
export const dayOfBin = dayOf('bin');
