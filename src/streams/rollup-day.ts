/** A condition for statements that recompute a rollup: that a column of time lies within the day `$2`, UTC. */
export function withinDay(column: string): string {
  return `${column} >= $2::date::timestamp at time zone 'UTC' and ${column} < ($2::date + 1)::timestamp at time zone 'UTC'`;
}
