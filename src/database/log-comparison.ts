/**
 * The comparison of a page with what is stored: one text from Postgres against one made here. A page that is read again
 * and has not changed, which is nearly every page of a rescan, is then done without writing anything (docs/performance.md).
 */
import type { Transaction } from './client.ts';
import { boundsOf, withinPage } from './log-order.ts';
import type { LogRow, LogTable } from './log-row.ts';

/**
 * Prepares the comparison for one log table. The function it returns takes a page in the strict order of its key, and says
 * true when exactly these rows are stored between its first and its last with equal values. False may also mean that equal
 * values are written differently, such as an IP address in a form of its own.
 */
export function createComparison({
  table,
  time,
  id,
  idType,
  columns,
}: LogTable): (tx: Transaction, account: string, rows: readonly LogRow[]) => Promise<boolean> {
  const names = Object.keys(columns);
  const listed = names.map((name) => `t.${name}`).join(', ');
  const load = `select string_agg(line, E'\\n') as lines from (
    select row(t.${id}, extract(epoch from t.${time}), ${listed})::text as line
    from ${table} t
    where ${withinPage(time, id, idType)}
    order by t.${time}, t.${id}
  ) as stored`;

  return async (tx, account, rows) => {
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return false;
    const loading = tx.query<{ lines: string | null }>(load, boundsOf(account, time, first, last));
    // Postgres works meanwhile.
    const lines = rows.map((row) => renderRecord(row, names)).join('\n');
    const [stored] = await loading;
    return stored?.lines === lines;
  };
}

/** A row as Postgres writes a composite value (PostgreSQL documentation, "Composite Types", section 8.16.6). */
function renderRecord({ id, timeMs, row }: LogRow, names: readonly string[]): string {
  let record = `(${renderField(id)},${(timeMs / 1000).toFixed(6)}`;
  for (const name of names) record += `,${renderField(row[name])}`;
  return `${record})`;
}

function renderField(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text !== '' && !special.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`;
}

const special = /[ \t\n\r\v\f"(),\\]/;
