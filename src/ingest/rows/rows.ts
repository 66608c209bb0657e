/**
 * Writes a page of which rows may be stored. If all rows are stored and equal (nearly every page of a rescan), they are only
 * compared. Any other page uses the upsert, which writes nothing for rows that are stored and equal. For a page of which no
 * row is stored there is `unstored.ts`. Why three ways: docs/decisions.md.
 */
import type { Transaction } from '../../database/client.ts';
import type { Spans } from '../../span.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import { boundsOf, withinPage } from './bounds.ts';
import type { PageRow } from './copy.ts';
import { keepDoubles, splitDoubles } from './doubles.ts';
import { restampRows } from './restamps.ts';
import type { Holding } from './returns.ts';
import { createStamps, type FormerStamps } from './stamps.ts';
import { ascends, countLate } from './unstored.ts';
import { upsertRows } from './upsert.ts';
import { joinWritten, nothingWritten, type WrittenRows } from './written.ts';

/** How to write a page. */
export type WriteOptions = Holding & {
  /** What was covered already: a new row in there is late. */
  readonly covered: Spans;
  /** Rows whose record the run has seen with another time; by default, only those that these rows show. */
  readonly formers?: FormerStamps | undefined;
};

/** For smaller pages, the check costs more than it saves (docs/performance.md). */
const rowsWorthAsking = 500;

/** Writes the rows of a page within its transaction. */
export async function writeRows(
  tx: Transaction,
  stream: Log,
  account: string,
  rows: readonly PageRow[],
  options: WriteOptions,
): Promise<WrittenRows> {
  const { single, doubles } = splitDoubles(rows, stream.table.time);
  const parts = [await writeSingle(tx, stream, account, single, options)];
  if (doubles.length > 0) parts.push(await keepDoubles(tx, stream, account, doubles));
  return joinWritten(parts);
}

type Log = Pick<LogStream, 'name' | 'table'>;

/** Writes rows without two of the same id and time. */
async function writeSingle(
  tx: Transaction,
  stream: Log,
  account: string,
  rows: readonly PageRow[],
  options: WriteOptions,
): Promise<WrittenRows> {
  const { formers = createStamps().note(rows) } = options;
  const usual = formers.size === 0 ? rows : rows.filter((row) => !formers.has(row));
  const { written, twins } = await writeUsual(tx, stream, account, usual, options);
  const waiting =
    formers.size === 0 ? twins : [...twins, ...rows.filter((row) => formers.has(row))];
  if (waiting.length === 0) return written;
  const settled = await settleRestamped(tx, stream, account, waiting, { ...options, formers });
  return joinWritten([written, ...settled]);
}

/** Writes rows whose record may be in the table with another time, until none is left. */
async function settleRestamped(
  tx: Transaction,
  stream: Log,
  account: string,
  rows: readonly PageRow[],
  { covered, formers, holds }: WriteOptions & { readonly formers: FormerStamps },
): Promise<WrittenRows[]> {
  const parts: WrittenRows[] = [];
  for (let waiting = rows; waiting.length > 0;) {
    const restamped = await restampRows(tx, stream, account, waiting, formers);
    const { toWrite, later, revisions, moved, dropped, known } = restamped;
    const { written, twins } = await upsertRows(tx, stream, account, toWrite, covered, holds);
    // A second row from this same page does not count as new.
    const unmade = dropped.filter(({ isNew }) => isNew);
    parts.push(written, {
      counts: { new: -unmade.length, changed: revisions, late: -countLate(unmade, covered) },
      newTimesMs: moved.map(({ toMs }) => toMs),
      leftTimesMs: moved.map(({ fromMs }) => fromMs),
      droppedTimesMs: dropped.map(({ timeMs }) => timeMs),
      ...(known.length > 0 && { knownDropped: known }),
      standing: undefined,
      hashed: undefined,
    });
    waiting = [...later, ...twins];
  }
  return parts;
}

async function writeUsual(
  tx: Transaction,
  stream: Log,
  account: string,
  rows: readonly PageRow[],
  { covered, holds }: WriteOptions,
): ReturnType<typeof upsertRows> {
  const { table } = stream;
  if (rows.length >= rowsWorthAsking && ascends(rows, table))
    if (await areAllStored(tx, table, boundsOf(table, account, rows), rows))
      return { written: nothingWritten, twins: [] };
  return upsertRows(tx, stream, account, rows, covered, holds);
}

/**
 * Whether exactly these rows are stored between the first and the last of the page, with equal values: a text from Postgres
 * is compared with one made here. False may also mean that equal values are written differently, such as an IP address in
 * another form.
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
