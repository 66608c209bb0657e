/** A condition for statements that recompute a rollup: that a column of time is within the days `$2` to `$3`, UTC. */
export function withinDays(column: string): string {
  return `${column} >= $2::date::timestamp at time zone 'UTC' and ${column} < ($3::date + 1)::timestamp at time zone 'UTC'`;
}

/** The day of a column of time, UTC. */
export function dayOf(column: string): string {
  return `(${column} at time zone 'UTC')::date`;
}
