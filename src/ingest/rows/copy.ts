/**
 * COPY for rows that are all new: Postgres reads its text three times as fast as JSON (docs/performance.md). Derived rows
 * are always written in this way.
 */
import type { Copy, Transaction } from '../../database/client.ts';
import { escapeText, layOut, microsOf } from '../../evidence/row-leaf.ts';
import type { RowHasher } from '../../evidence/rows-root.ts';
import type { DerivedRow, LogRow, LogTable, Row } from '../../streams/stream.ts';

/** A parsed record of a page, with the rows that are derived from it. */
export type PageRow = LogRow & { readonly derived: readonly DerivedRow[] };

/**
 * Stores new rows of a log, and the rows derived from them. Rows are hashed as they are written, where that is asked for.
 */
export function listCopies(
  table: LogTable,
  account: string,
  rows: readonly PageRow[],
  hasher?: RowHasher,
): readonly Copy[] {
  const { plain, personal } = layOut(table);
  const columns = [...plain, ...personal];
  const statement = `copy ${table.name} (account, ${[table.id.name, table.time, ...columns].join(', ')}) from stdin`;
  return [
    { statement, lines: renderRows(account, table.time, columns, rows, hasher) },
    ...listDerivedCopies(table, account, rows),
  ];
}

/** The key of a row: its id, and its time as Postgres reads it and in milliseconds since 1970, rounded down. */
export type RowKey = { readonly id: string; readonly time: string; readonly timeMs: number };

/** Stores the rows derived from some rows again. Derived rows of rows that were deleted by hand are removed. */
export async function replaceDerived(
  tx: Transaction,
  table: LogTable,
  account: string,
  rows: readonly PageRow[],
): Promise<void> {
  const keys = rows.map(({ id, timeMs, row }) => ({ id, timeMs, time: row[table.time] as string }));
  await removeDerived(tx, table, account, keys);
  for (const { statement, lines } of listDerivedCopies(table, account, rows))
    await tx.copy(statement, lines);
}

/** Deletes the rows derived from some rows. */
export async function removeDerived(
  tx: Transaction,
  { derived, id }: LogTable,
  account: string,
  keys: readonly RowKey[],
): Promise<void> {
  if (derived === undefined || keys.length === 0) return;
  const { name, key } = derived;
  const moments = keys.map(({ timeMs }) => timeMs);
  await tx.query(
    `delete from ${name} d
     using unnest($2::timestamptz[], $3::${id.type}[]) as gone (time, id)
     where d.account = $1 and d.${key.time} = gone.time and d.${key.id} = gone.id
       and d.${key.time} between $4 and $5`,
    [
      account,
      keys.map(({ time }) => time),
      keys.map((row) => row.id),
      new Date(Math.min(...moments)),
      // A time stamp may have microseconds, which the milliseconds lack.
      new Date(Math.max(...moments) + 1),
    ],
  );
}

function listDerivedCopies(
  { derived, time }: LogTable,
  account: string,
  rows: readonly PageRow[],
): readonly Copy[] {
  if (derived === undefined || rows.every((row) => row.derived.length === 0)) return [];
  const names = [derived.key.time, derived.key.id, ...derived.columns];
  const statement = `copy ${derived.name} (account, ${names.join(', ')}) from stdin`;
  return [{ statement, lines: renderDerived(account, time, rows) }];
}

function* renderRows(
  account: string,
  time: string,
  columns: readonly string[],
  rows: readonly PageRow[],
  hasher: RowHasher | undefined,
): Generator<string> {
  const start = renderValue(account);
  for (const { id, timeMs, row } of rows) {
    const hashed = hasher?.add(id, microsOf(timeMs, row[time]), timeMs, row);
    // Written twice only if `extra` is stored unchanged.
    const isShared = hashed !== undefined && row['extra'] === null;
    const values = isShared ? hashed.plain + hashed.personal : renderValues(columns, row);
    yield `${start}\t${renderValue(id)}\t${renderValue(row[time])}${values}\n`;
  }
}

function renderValues(columns: readonly string[], row: Row): string {
  let values = '';
  for (const name of columns) values += `\t${renderValue(row[name])}`;
  return values;
}

function* renderDerived(
  account: string,
  time: string,
  rows: readonly PageRow[],
): Generator<string> {
  const start = renderValue(account);
  for (const { id, row, derived } of rows) {
    const key = `${start}\t${renderValue(row[time])}\t${renderValue(id)}`;
    for (const values of derived) {
      let line = key;
      for (const value of values) line += `\t${renderValue(value)}`;
      yield `${line}\n`;
    }
  }
}

/** A value in the text format of COPY (PostgreSQL documentation, "COPY", section "Text Format"); null and undefined are `\N`. */
function renderValue(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'number') return String(value);
  return escapeText(typeof value === 'string' ? value : JSON.stringify(value));
}
