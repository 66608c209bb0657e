import type { LogRow } from './log-row.ts';

/** Whether each row comes after the one before it in the order of the key; then no key comes twice. */
export function ascends(rows: readonly LogRow[], idType: string): boolean {
  const compare = idType === 'bigint' ? compareNumbers : compareTexts;
  return rows.every((row, index) => {
    const former = rows[index - 1];
    if (former === undefined || former.timeMs < row.timeMs) return true;
    return former.timeMs === row.timeMs && compare(former.id, row.id) < 0;
  });
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumbers(a: string, b: string): number {
  return a.length === b.length ? compareTexts(a, b) : a.length - b.length;
}

/** The condition that a row `t` lies between the first and the last of a page: `$1` the account, `$2` to `$5` the bounds. */
export function withinPage(time: string, id: string, idType: string): string {
  return `t.account = $1
      and (t.${time}, t.${id}) >= ($2::timestamptz, $3::${idType})
      and (t.${time}, t.${id}) <= ($4::timestamptz, $5::${idType})`;
}

/** The values of `withinPage`. */
export function boundsOf(
  account: string,
  time: string,
  first: LogRow,
  last: LogRow,
): readonly unknown[] {
  return [account, first.row[time], first.id, last.row[time], last.id];
}
