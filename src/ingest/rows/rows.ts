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
import { keepDoubles, splitDoubles } from './doubles.ts';
import { restampRows } from './restamps.ts';
import { createStamps, type FormerStamps } from './stamps.ts';
import { upsertRows } from './upsert.ts';
import { joinWritten, nothingWritten, type WrittenRows } from './written.ts';

/** How a page is to be written. */
export type WriteOptions = {
  /** What was covered already: a new row in there is a late one. */
  readonly covered: Spans;
  /** False after COPY met a row that another writer stored at the same moment. */
  readonly mayCopy: boolean;
  /** Rows whose record the run has seen with another time; default: what these rows tell by themselves. */
  readonly formers?: FormerStamps | undefined;
};

/** Below this, the question what is there already costs more than it saves (docs/performance.md). */
const rowsWorthAsking = 500;

/**
 * Writes the rows of a page within its transaction. Two writers of the same rows at the same moment may make one of them
 * fail with SQLSTATE 23505, unless it may not use COPY.
 */
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

/** Writes rows of which none has the id and the time of another. */
async function writeSingle(
  tx: Transaction,
  stream: Log,
  account: string,
  rows: readonly PageRow[],
  options: WriteOptions,
): Promise<WrittenRows> {
  const { covered, formers = createStamps().note(rows) } = options;
  const usual = formers.size === 0 ? rows : rows.filter((row) => !formers.has(row));
  const { written, twins } = await writeUsual(tx, stream, account, usual, options);
  const waiting =
    formers.size === 0 ? twins : [...twins, ...rows.filter((row) => formers.has(row))];
  if (waiting.length === 0) return written;
  const settled = await settleRestamped(tx, stream, account, waiting, { covered, formers });
  return joinWritten([written, ...settled]);
}

/** Writes rows whose record may stand in the table with another time, until none is left. */
async function settleRestamped(
  tx: Transaction,
  stream: Log,
  account: string,
  rows: readonly PageRow[],
  { covered, formers }: { readonly covered: Spans; readonly formers: FormerStamps },
): Promise<WrittenRows[]> {
  const parts: WrittenRows[] = [];
  for (let waiting = rows; waiting.length > 0;) {
    const restamped = await restampRows(tx, stream, account, waiting, formers);
    const { toWrite, later, revisions, moved, dropped } = restamped;
    const { written, twins } = await upsertRows(tx, stream, account, toWrite, covered);
    // A second row that this very page has brought is no new one.
    const unmade = dropped.filter(({ isNew }) => isNew);
    parts.push(written, {
      counts: { new: -unmade.length, changed: revisions, late: -countLate(unmade, covered) },
      newTimesMs: moved.map(({ toMs }) => toMs),
      leftTimesMs: moved.map(({ fromMs }) => fromMs),
      droppedTimesMs: dropped.map(({ timeMs }) => timeMs),
      standing: undefined,
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
  { covered, mayCopy }: WriteOptions,
): ReturnType<typeof upsertRows> {
  const { table } = stream;
  const nothing = { written: nothingWritten, twins: [] };
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return nothing;
  if (rows.length >= rowsWorthAsking && ascends(rows, table)) {
    const bounds = [account, first.row[table.time], first.id, last.row[table.time], last.id];
    if (mayCopy && (await areAllNew(tx, table, bounds, rows))) {
      for (const { statement, lines } of listCopies(table, account, rows))
        await tx.copy(statement, lines);
      const counts = { new: rows.length, changed: 0, late: countLate(rows, covered) };
      const newTimesMs = rows.map(({ timeMs }) => timeMs);
      return { ...nothing, written: { ...nothingWritten, counts, newTimesMs, standing: rows } };
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

function countLate(rows: readonly Pick<PageRow, 'timeMs'>[], covered: Spans): number {
  if (covered.length === 0) return 0;
  return rows.filter(({ timeMs }) =>
    covered.some(({ from, to }) => from * 1000 <= timeMs && timeMs < to * 1000),
  ).length;
}

function keyOf({ time, id }: LogTable): string {
  return `(t.${time}, t.${id.name})`;
}

function typeOf({ id }: LogTable): string {
  return id.type === 'text' ? 'text collate "C"' : id.type;
}

/** The condition that a row `t` lies between the first and the last of a page: `$1` the account, `$2` to `$5` the bounds. */
function withinPage(table: LogTable): string {
  const [key, type] = [keyOf(table), typeOf(table)];
  return `t.account = $1 and ${key} >= ($2::timestamptz, $3::${type}) and ${key} <= ($4::timestamptz, $5::${type})`;
}

/**
 * Whether none of the rows is stored: nothing lies between the first and the last of the page, and none of their records
 * stands in the same second before or behind, with a fraction that the one has and the other has not.
 */
async function areAllNew(
  tx: Transaction,
  table: LogTable,
  bounds: readonly unknown[],
  rows: readonly PageRow[],
): Promise<boolean> {
  const { name, time, id } = table;
  const [key, type] = [keyOf(table), typeOf(table)];
  const lastSecond = secondOf(rows.at(-1));
  const inLast = rows.slice(rows.findLastIndex((row) => secondOf(row) < lastSecond) + 1);
  const firstSecond = secondOf(rows[0]);
  const behind = rows.findIndex((row) => secondOf(row) > firstSecond);
  const inFirst = rows.slice(0, behind < 0 ? rows.length : behind);
  // Of a second without fractions nothing can stand before its own rows.
  const hasFractions = inFirst.some(({ row }) => fraction.test(String(row[time])));
  const before = `or exists (
      select from ${name} t
      where t.account = $1 and t.${time} >= date_trunc('second', $2::timestamptz) and ${key} < ($2::timestamptz, $3::${type})
        and t.${id.name} = any ($7::${id.type}[]))`;
  const [answer] = await tx.query<{ present: boolean }>(
    `select exists (select from ${name} t where ${withinPage(table)}) or exists (
       select from ${name} t
       where t.account = $1 and ${key} > ($4::timestamptz, $5::${type})
         and t.${time} < date_trunc('second', $4::timestamptz) + interval '1 second'
         and t.${id.name} = any ($6::${id.type}[])
     ) ${hasFractions ? before : ''} as present`,
    [
      ...bounds,
      inLast.map((row) => row.id),
      ...(hasFractions ? [inFirst.map((row) => row.id)] : []),
    ],
  );
  return answer?.present === false;
}

function secondOf(row: Pick<PageRow, 'timeMs'> | undefined): number {
  return Math.floor((row?.timeMs ?? 0) / 1000);
}

const fraction = /\.0*[1-9]/;

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
