/**
 * The hot path: one page of log records into its table. A page of which nothing is there yet, which is nearly every page
 * of a backfill, goes in by COPY; one of which all is there and equal, which is nearly every page of a rescan, is only
 * compared; any other goes in by the upsert, which writes nothing for rows that are there and equal. Why three ways:
 * docs/decisions.md.
 */
import type { Transaction } from '../../database/client.ts';
import type { Spans } from '../../span.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import { listCopies, type PageRow } from './copy.ts';
import { upsertRows, type WrittenRows } from './upsert.ts';

/** How a page is to be written. */
export type WriteOptions = {
  /** What was covered already: a new row in there is a late one. */
  readonly covered: Spans;
  /** False after COPY met a row that another writer stored at the same moment. */
  readonly mayCopy: boolean;
};

/** Below this, the question what is there already costs more than it saves (docs/performance.md). */
const rowsWorthAsking = 500;

const nothing: WrittenRows = { counts: { new: 0, changed: 0, late: 0 }, newTimesMs: [] };

/**
 * Writes the rows of a page within its transaction. Two writers of the same rows at the same moment may make one of them
 * fail with SQLSTATE 23505, unless it may not use COPY.
 */
export async function writeRows(
  tx: Transaction,
  stream: Pick<LogStream, 'name' | 'table'>,
  account: string,
  rows: readonly PageRow[],
  { covered, mayCopy }: WriteOptions,
): Promise<WrittenRows> {
  const { table } = stream;
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return nothing;
  if (rows.length >= rowsWorthAsking && ascends(rows, table)) {
    const bounds = [account, first.row[table.time], first.id, last.row[table.time], last.id];
    if (mayCopy && (await areAllNew(tx, table, bounds))) {
      for (const { statement, lines } of listCopies(table, account, rows))
        await tx.copy(statement, lines);
      return {
        counts: { new: rows.length, changed: 0, late: countLate(rows, covered) },
        newTimesMs: rows.map(({ timeMs }) => timeMs),
      };
    }
    if (await areAllStored(tx, table, bounds, rows)) return nothing;
  }
  return upsertRows(tx, stream, account, rows, covered);
}

/** Whether each row comes after the one before it in the order of the key; then no key comes twice. */
function ascends(rows: readonly PageRow[], { id }: LogTable): boolean {
  const compare = id.type === 'bigint' ? compareNumbers : compareTexts;
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

function countLate(rows: readonly PageRow[], covered: Spans): number {
  if (covered.length === 0) return 0;
  return rows.filter(({ timeMs }) =>
    covered.some(({ from, to }) => from * 1000 <= timeMs && timeMs < to * 1000),
  ).length;
}

/** The condition that a row `t` lies between the first and the last of a page: `$1` the account, `$2` to `$5` the bounds. */
function withinPage({ time, id }: LogTable): string {
  const key = `(t.${time}, t.${id.name})`;
  const type = id.type === 'text' ? 'text collate "C"' : id.type;
  return `t.account = $1 and ${key} >= ($2::timestamptz, $3::${type}) and ${key} <= ($4::timestamptz, $5::${type})`;
}

async function areAllNew(
  tx: Transaction,
  table: LogTable,
  bounds: readonly unknown[],
): Promise<boolean> {
  const [answer] = await tx.query<{ present: boolean }>(
    `select exists (select from ${table.name} t where ${withinPage(table)}) as present`,
    bounds,
  );
  return answer?.present === false;
}

/**
 * Whether exactly these rows are stored between the first and the last of the page, with equal values: one text from
 * Postgres is compared with one made here. False may also mean that equal values are written differently, such as an IP
 * address in a form of its own.
 */
async function areAllStored(
  tx: Transaction,
  table: LogTable,
  bounds: readonly unknown[],
  rows: readonly PageRow[],
): Promise<boolean> {
  const { name, time, id, columns } = table;
  const loading = tx.query<{ lines: string | null }>(
    `select string_agg(line, E'\\n') as lines from (
       select row(t.${id.name}, extract(epoch from t.${time}), ${columns.map((column) => `t.${column}`).join(', ')})::text as line
       from ${name} t
       where ${withinPage(table)}
       order by t.${time}, t.${id.name}
     ) as stored`,
    bounds,
  );
  // Postgres works meanwhile.
  const lines = rows.map((row) => renderRecord(row, columns)).join('\n');
  const [stored] = await loading;
  return stored?.lines === lines;
}

/** A row as Postgres writes a composite value (PostgreSQL documentation, "Composite Types", section 8.16.6). */
function renderRecord({ id, timeMs, row }: PageRow, columns: readonly string[]): string {
  let record = `(${renderField(id)},${(timeMs / 1000).toFixed(6)}`;
  for (const name of columns) record += `,${renderField(row[name])}`;
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
