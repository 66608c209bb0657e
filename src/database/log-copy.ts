/** COPY for a page whose rows are all new: Postgres reads its text three times as fast as JSON (docs/performance.md). */
import type { Transaction } from './client.ts';
import { renderLine } from './copy-text.ts';
import { boundsOf, withinPage } from './log-order.ts';
import type { LogRow, LogTable } from './log-row.ts';
import { copyResources } from './resources.ts';

/**
 * Prepares COPY into one log table. The function it returns takes a page in the strict order of its key; it stores the
 * page and says true, or stores nothing and says false when some row between its first and its last is there already.
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
  const isThere = `select exists (select from ${table} t where ${withinPage(time, id, idType)}) as present`;

  return async (tx, account, rows) => {
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return false;
    const [answer] = await tx.query<{ present: boolean }>(
      isThere,
      boundsOf(account, time, first, last),
    );
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
