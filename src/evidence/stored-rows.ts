/** Rows of a log's table in the form in which they are sealed. */
import type { LogTable } from '../streams/stream.ts';
import type { SealedRow } from './rows-root.ts';

/** A row as the columns of `selectSealed` give it. */
export type SelectedRow = Readonly<Record<string, string | null>>;

/** A time of Postgres in microseconds since 1970, as text. By hand it can be set to `infinity`. */
export function inMicros(time: string): string {
  return `(case when isfinite(${time}) then (extract(epoch from ${time}) * 1000000)::bigint::text else ${time}::text end)`;
}

/** A time of Postgres in the form that manifests use: UTC with microseconds. */
export function inUtc(time: string): string {
  return `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The columns of a sealed row: its id, its time in microseconds since 1970, and every value as Postgres writes it as text. */
export function selectSealed({ id, time, columns }: LogTable): string {
  // A cast to text would give an address its mask.
  const values = columns.map(
    (column) => `case when ${column} is not null then format('%s', ${column}) end as ${column}`,
  );
  return `${id.name}::text as "$id", ${inMicros(time)} as "$micros", ${values.join(', ')}`;
}

/** The row that was selected. */
export function readSelected({ $id, $micros, ...row }: SelectedRow): SealedRow {
  return { id: $id ?? '', micros: $micros ?? '', row };
}
