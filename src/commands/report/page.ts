/** A report as a page for people: as wide as its rows, or as its terminal. */
import type {
  Report,
  ReportColumn,
  ReportRow,
  ReportValue,
  Write,
} from '../../reports/shared/report.ts';
import { formatJson } from '../../reports/forms/json.ts';
import { listStatement } from '../../reports/shared/statement.ts';
import { blankControls, createBatch } from '../../reports/shared/text.ts';
import { parseJson } from '../../zendesk/body.ts';
import { createMomentFormat } from '../../reports/shared/time-zone.ts';
import { formatRow, formatTall, gap, layOut } from '../terminal/table.ts';
import { wrapLines } from '../terminal/text.ts';
import { formatNumber } from '../terminal/words.ts';

/** How many rows decide the widths of the columns: the table begins before the last row is read. */
const measuredRows = 200;

/**
 * Writes title, details, table, number of rows, and coverage, gaps and limits.
 *
 * @param width of the terminal in columns; undefined if there is none: then nothing is wrapped @returns how many rows there
 *   were
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

  const first: ReportRow[] = [];
  let format: RowFormat | undefined;
  let rows = 0;
  const begin = async (): Promise<RowFormat> => {
    const chosen = chooseRowFormat(report, first, width, show);
    if (first.length > 0) await batch.add(joinLines(chosen.head));
    for (const row of first) await batch.add(joinLines(chosen.list(row)));
    return chosen;
  };
  for await (const row of report.rows) {
    rows += 1;
    if (format !== undefined) {
      await batch.add(joinLines(format.list(row)));
      continue;
    }
    first.push(row);
    if (first.length === measuredRows) format = await begin();
  }
  const { leftOut } = (format ??= await begin());

  const count = rows === 0 ? 'No rows.' : rows === 1 ? '1 row.' : `${formatNumber(rows)} rows.`;
  const end = [
    ...(rows === 0 ? [] : ['']),
    count,
    ...(leftOut.length > 0 && rows > 0 ? [explainLeftOut(leftOut)] : []),
    '',
    ...listStatement(report.statement),
  ];
  const lines = end.map((line) => blankControls(line));
  await batch.add(`${wrapLines(lines, width).join('\n')}\n`);
  await batch.flush();
  return rows;
}

/** How the rows of a report are shown. */
type RowFormat = {
  readonly head: readonly string[];
  readonly list: (row: ReportRow) => readonly string[];
  readonly leftOut: readonly ReportColumn[];
};

/** A table if it fits, otherwise each row as a list of its values; records as JSON. */
function chooseRowFormat(
  { columns: all }: Report,
  first: readonly ReportRow[],
  width: number | undefined,
  show: (moment: Date) => string,
): RowFormat {
  const [only] = all;
  if (only?.isRecord === true)
    return { head: [], list: (row) => formatRecord(row[only.key]), leftOut: [] };
  const cellsOf = (columns: readonly ReportColumn[], row: ReportRow): string[] =>
    columns.map(({ key }) => formatCell(row[key], show));
  const layout = layOut(
    all,
    first.map((row) => cellsOf(all, row)),
    width,
  );
  const { columns, isCrowded, room } = layout;
  if (isCrowded) {
    let isFirst = true;
    const list = (row: ReportRow): string[] => {
      const lines = formatTall(all, cellsOf(all, row), room);
      if (isFirst) isFirst = false;
      else lines.unshift('');
      return lines;
    };
    return { head: [], list, leftOut: [] };
  }
  return {
    head: formatRow(
      columns.map(({ title }) => title),
      layout,
    ),
    list: (row) => formatRow(cellsOf(columns, row), layout),
    leftOut: all.filter((column) => !columns.includes(column)),
  };
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The known details of a report, one line each, and an empty line if there are any. */
export function listDetails(
  { details = [] }: Pick<Report, 'details'>,
  show: (moment: Date) => string,
): string[] {
  const known = details.filter(({ value }) => value !== null);
  const longest = Math.max(0, ...known.map(({ title }) => title.length));
  const lines = known.flatMap(({ title, value, isRecord }) =>
    isRecord === true
      ? [`${title}:`, ...formatRecord(value)]
      : [`${title.padEnd(longest)}${gap}${formatCell(value, show)}`],
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

/** A record as indented JSON. */
function formatRecord(value: ReportValue | undefined): string[] {
  return formatJson(parseJson(Buffer.from(String(value ?? null))), 2).split('\n');
}

function formatCell(value: ReportValue | undefined, show: (moment: Date) => string): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return show(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? formatNumber(value) : blankControls(value);
}

function explainLeftOut(columns: readonly ReportColumn[]): string {
  const titles = columns.map(({ title }) => title).join(', ');
  return `Not shown because the window is too narrow: ${titles}. Use a wider window, or --output report.xlsx for everything.`;
}
