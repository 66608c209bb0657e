/** A report as a page for people: as wide as its rows, or as its terminal. */
import type {
  Report,
  ReportColumn,
  ReportRow,
  ReportValue,
  Write,
} from '../../reports/shared/report.ts';
import { listStatement } from '../../reports/shared/statement.ts';
import { blankControls, createBatch } from '../../reports/shared/text.ts';
import { createMomentFormat } from '../../reports/shared/time-zone.ts';
import { formatRow, gap, layOut } from '../terminal/table.ts';
import { wrapLines } from '../terminal/text.ts';
import { formatNumber } from '../terminal/words.ts';

/** The rows that decide how wide the columns are: the table begins before the last row is read. */
const measuredRows = 200;

/**
 * Writes title, details, table, number of rows and what the report rests on.
 *
 * @param width of the terminal in columns; undefined where there is none: nothing is wrapped then
 * @returns how many rows there were
 */
export async function writeTable(
  report: Report,
  write: Write,
  width: number | undefined,
): Promise<number> {
  const batch = createBatch(write);
  const show = createMomentFormat(report.timeZone);
  const start = [blankControls(report.title), '', ...listDetails(report, show)];
  await batch.add(`${wrapLines(start, width).join('\n')}\n`);

  const cellsOf = (columns: readonly ReportColumn[], row: ReportRow): string[] =>
    columns.map(({ key }) => formatCell(row[key], show));
  const begin = async (first: readonly ReportRow[]): Promise<(row: ReportRow) => Promise<void>> => {
    const layout = layOut(
      report.columns,
      first.map((row) => cellsOf(report.columns, row)),
      width,
    );
    const { columns } = layout;
    const print = async (cells: readonly string[]): Promise<void> => {
      for (const line of formatRow(cells, layout)) await batch.add(`${line}\n`);
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
  const lines = end.map((line) => blankControls(line));
  await batch.add(`${wrapLines(lines, width).join('\n')}\n`);
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

function explainLeftOut(columns: readonly ReportColumn[]): string {
  const titles = columns.map(({ title }) => title).join(', ');
  return `Not shown, because the window is too narrow: ${titles}. A wider window shows them; --output report.xlsx has everything.`;
}
