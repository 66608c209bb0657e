/**
 * COPY for rows that are all new: Postgres reads its text three times as fast as JSON (docs/performance.md). What is
 * derived from rows always goes in this way.
 */
import type { Transaction } from '../../database/client.ts';
import type { DerivedRow, LogRow, LogTable } from '../../streams/stream.ts';

/** A record of a page, read, with the rows that are derived from it. */
export type PageRow = LogRow & { readonly derived: readonly DerivedRow[] };

/** A `copy … from stdin` and its lines. */
type Copy = { readonly statement: string; readonly lines: Iterable<string> };

/** What stores new rows of a log, and what is derived from them. */
export function listCopies(
  table: LogTable,
  account: string,
  rows: readonly PageRow[],
): readonly Copy[] {
  const names = [table.id.name, table.time, ...table.columns];
  const statement = `copy ${table.name} (account, ${names.join(', ')}) from stdin`;
  return [
    { statement, lines: renderRows(account, names, rows) },
    ...listDerivedCopies(table, account, rows),
  ];
}

/** The key of a row: its id, and its time as Postgres reads it and in milliseconds since 1970, rounded down. */
export type RowKey = { readonly id: string; readonly time: string; readonly timeMs: number };

/** Stores again what is derived from some rows. What was derived from rows that were deleted by hand since does not stay. */
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

/** Deletes what is derived from some rows. */
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
      // A time stamp may have microseconds, which its milliseconds do not have.
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
  names: readonly string[],
  rows: readonly PageRow[],
): Generator<string> {
  const start = renderValue(account);
  for (const { row } of rows) {
    let line = start;
    for (const name of names) line += `\t${renderValue(row[name])}`;
    yield `${line}\n`;
  }
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
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return special.test(text) ? text.replaceAll(everySpecial, escape) : text;
}

const special = /[\\\n\r\t]/;
const everySpecial = /[\\\n\r\t]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escape(character: string): string {
  return escapes[character] ?? character;
}
