/** The place of a page in its table: from its first to its last row, in key order. */
import type { LogTable } from '../../streams/stream.ts';
import type { PageRow } from './copy.ts';

/** The key of a row `t` within its account. */
export function keyOf({ time, id }: LogTable): string {
  return `(t.${time}, t.${id.name})`;
}

/** The type of ids, in the order that keys have. */
export function typeOf({ id }: LogTable): string {
  return id.type === 'text' ? 'text collate "C"' : id.type;
}

/** The condition that a row `t` is between the first and the last of a page: `$1` the account, `$2` to `$5` the bounds. */
export function withinPage(table: LogTable): string {
  const [key, type] = [keyOf(table), typeOf(table)];
  return `t.account = $1 and ${key} >= ($2::timestamptz, $3::${type}) and ${key} <= ($4::timestamptz, $5::${type})
    and t.${table.time} >= $2::timestamptz and t.${table.time} <= $4::timestamptz`;
}

/** The values of `withinPage` for rows in key order. */
export function boundsOf(
  { time }: LogTable,
  account: string,
  rows: readonly PageRow[],
): readonly unknown[] {
  const [first, last] = [rows[0], rows.at(-1)];
  return [account, first?.row[time], first?.id, last?.row[time], last?.id];
}
