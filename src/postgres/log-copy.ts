/** COPY for a page whose rows are all new: Postgres reads its text three times as fast as JSON (docs/performance.md). */
import type { Transaction } from './client.ts';
import { renderLine } from './copy-text.ts';
import type { LogRow, LogTable } from './log-table.ts';
import { copyResources } from './resources.ts';

/**
 * Prepares COPY into one log table. The function it returns stores the page and says true, or stores nothing and says
 * false when the page is not in the strict order of its key or some row between its first and its last is there already.
 * Two writers of the same rows at the same moment make one of them fail with SQLSTATE 23505.
 */
export function createCopy({
  table,
  time,
  id,
  idType,
  columns,
}: LogTable): (tx: Transaction, account: string, rows: readonly LogRow[]) => Promise<boolean> {
  const names = [id, time, ...Object.keys(columns)];
  const statement = `copy ${table} (account, ${names.join(', ')}) from stdin`;
  const isThere = `select exists (
    select from ${table}
    where account = $1
      and (${time}, ${id}) >= ($2::timestamptz, $3::${idType})
      and (${time}, ${id}) <= ($4::timestamptz, $5::${idType})
  ) as present`;
  const compare = idType === 'bigint' ? compareNumbers : compareTexts;

  return async (tx, account, rows) => {
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined || !ascends(rows, compare)) return false;
    const [answer] = await tx.query<{ present: boolean }>(isThere, [
      account,
      first.row[time],
      first.id,
      last.row[time],
      last.id,
    ]);
    if (answer?.present !== false) return false;
    await tx.copy(statement, renderLines(account, names, rows));
    await copyResources(tx, account, rows);
    return true;
  };
}

function* renderLines(
  account: string,
  names: readonly string[],
  rows: readonly LogRow[],
): Generator<string> {
  for (const { row } of rows) yield renderLine(account, names, row);
}

/** Whether each row comes after the one before it; then no key comes twice. */
function ascends(rows: readonly LogRow[], compare: (a: string, b: string) => number): boolean {
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
