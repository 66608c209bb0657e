/** A report as a table for people: as wide as its rows, or as its terminal. */
import type {
  Report,
  ReportColumn,
  ReportRow,
  ReportValue,
  Write,
} from '../reports/shared/report.ts';
import { listStatement } from '../reports/shared/statement.ts';
import { blankControls, createBatch } from '../reports/shared/text.ts';
import { createMomentFormat } from '../reports/shared/time-zone.ts';
import { formatNumber } from './report.ts';
import { cutText, measureText, wrapText } from './terminal-text.ts';

/** The rows that decide how wide the columns are: the table begins before the last row is read. */
const measuredRows = 200;
const gap = '  ';
/** A column that is cut keeps at least this much. */
const narrowest = 8;
/** Texts may be long as books: a column is judged by no more than this when it is decided which ones have room. */
const fairWidth = 32;

type Line = readonly string[];

/**
 * Writes title, details, table, number of rows and what the report rests on.
 *
 * @param width of the terminal in columns; undefined where there is none: nothing is cut then
 * @returns how many rows there were
 */
export async function writeTable(
  report: Report,
  write: Write,
  width: number | undefined,
): Promise<number> {
  const batch = createBatch(write);
  const show = createMomentFormat(report.timeZone);
  await batch.add(`${blankControls(report.title)}\n\n`);
  for (const line of listDetails(report, show)) await batch.add(`${line}\n`);

  const cellsOf = (columns: readonly ReportColumn[], row: ReportRow): Line =>
    columns.map(({ key }) => formatCell(row[key], show));
  const begin = async (first: readonly ReportRow[]): Promise<(row: ReportRow) => Promise<void>> => {
    const { columns, widths } = layOut(report.columns, first, width, cellsOf);
    const print = async (cells: Line): Promise<void> => {
      for (const line of width === undefined ? [cells] : splitCells(cells, columns, widths))
        await batch.add(`${formatLine(line, columns, widths)}\n`);
    };
    if (first.length > 0) await print(columns.map(({ title }) => title));
    for (const row of first) await print(cellsOf(columns, row));
    const leftOut = report.columns.filter((column) => !columns.includes(column));
    if (leftOut.length > 0 && first.length > 0) remarks.push(explainLeftOut(leftOut));
    return (row) => print(cellsOf(columns, row));
  };

  const remarks: string[] = [];
  const first: ReportRow[] = [];
  let printRow: ((row: ReportRow) => Promise<void>) | undefined;
  let rows = 0;
  for await (const row of report.rows) {
    rows += 1;
    if (printRow !== undefined) {
      await printRow(row);
      continue;
    }
    first.push(row);
    if (first.length === measuredRows) printRow = await begin(first);
  }
  if (printRow === undefined) await begin(first);

  const count = rows === 0 ? 'No rows.' : rows === 1 ? '1 row.' : `${formatNumber(rows)} rows.`;
  const end = [
    ...(rows === 0 ? [] : ['']),
    count,
    ...remarks,
    '',
    ...listStatement(report.statement),
  ];
  await batch.add(`${end.map((line) => blankControls(line)).join('\n')}\n`);
  await batch.flush();
  return rows;
}

/** The details of a report that are known, one line each, and an empty line where there are any. */
export function listDetails(
  { details = [] }: Pick<Report, 'details'>,
  show: (moment: Date) => string,
): string[] {
  const known = details.filter(({ value }) => value !== null);
  const longest = Math.max(0, ...known.map(({ title }) => title.length));
  const lines = known.map(
    ({ title, value }) => `${title.padEnd(longest)}${gap}${formatCell(value, show)}`,
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

function formatCell(value: ReportValue | undefined, show: (moment: Date) => string): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return show(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? formatNumber(value) : blankControls(value);
}

function layOut(
  all: readonly ReportColumn[],
  rows: readonly ReportRow[],
  room: number | undefined,
  cellsOf: (columns: readonly ReportColumn[], row: ReportRow) => Line,
): { columns: readonly ReportColumn[]; widths: readonly number[] } {
  const natural = new Map(all.map((column) => [column, measureText(column.title)]));
  for (const row of rows)
    for (const [index, cell] of cellsOf(all, row).entries()) {
      const column = all[index];
      if (column !== undefined)
        natural.set(column, Math.max(natural.get(column) ?? 0, measureText(cell)));
    }
  const widthOf = (column: ReportColumn): number => natural.get(column) ?? 0;
  if (room === undefined) return { columns: all, widths: all.map(widthOf) };

  let columns = all;
  const isTooWide = (): boolean =>
    sum(columns.map((column) => Math.min(widthOf(column), fairWidth))) +
      gap.length * (columns.length - 1) >
    room;
  while (isTooWide()) {
    const last = columns.findLast(({ isOptional }) => isOptional === true);
    if (last === undefined) break;
    columns = columns.filter((column) => column !== last);
  }
  return { columns, widths: fitWidths(columns, columns.map(widthOf), room) };
}

/** Cuts the widest columns to one width, so that all fit. Times and numbers are worth nothing when cut; ids only if they must. */
function fitWidths(
  columns: readonly ReportColumn[],
  widths: readonly number[],
  room: number,
): readonly number[] {
  const spaced = room - gap.length * (columns.length - 1);
  const never = columns.map(({ isTime, align }) => isTime === true || align === 'right');
  const rather = columns.map(({ isWhole }, index) => isWhole === true || never[index] === true);
  const fitted = cutWidest(widths, rather, spaced);
  return sum(fitted) <= spaced ? fitted : cutWidest(widths, never, spaced);
}

function cutWidest(
  widths: readonly number[],
  isFixed: readonly boolean[],
  room: number,
): readonly number[] {
  const texts = widths.filter((_, index) => isFixed[index] === false).toSorted((a, b) => a - b);
  let rest = room - sum(widths.filter((_, index) => isFixed[index]));
  let limit = Infinity;
  for (const [index, own] of texts.entries()) {
    const share = Math.floor(rest / (texts.length - index));
    if (own > share) {
      limit = Math.max(share, narrowest);
      break;
    }
    rest -= own;
  }
  return widths.map((own, index) => (isFixed[index] === true ? own : Math.min(own, limit)));
}

/** The lines that a row takes in a terminal: more than one where a cell goes on in the next. */
function splitCells(
  cells: Line,
  columns: readonly ReportColumn[],
  widths: readonly number[],
): Line[] {
  const parts = cells.map((cell, index) => {
    const width = widths[index] ?? 0;
    return columns[index]?.isWrapped === true ? wrapText(cell, width) : [cutText(cell, width)];
  });
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => parts.map((part) => part[line] ?? ''));
}

function formatLine(
  cells: Line,
  columns: readonly ReportColumn[],
  widths: readonly number[],
): string {
  return cells
    .map((text, index) => {
      const width = widths[index] ?? 0;
      const padding = ' '.repeat(Math.max(0, width - measureText(text)));
      return columns[index]?.align === 'right' ? padding + text : text + padding;
    })
    .join(gap)
    .trimEnd();
}

function explainLeftOut(columns: readonly ReportColumn[]): string {
  const titles = columns.map(({ title }) => title).join(', ');
  return `Left out for want of room: ${titles}. A wider window shows more; --format csv and json hold everything.`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
