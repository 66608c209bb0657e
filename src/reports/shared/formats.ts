/** How machines get a report: CSV, JSON and NDJSON, with UTC times in ISO 8601, and local times beside them where a zone is asked for. */
import type { Report, ReportRow, ReportValue, ReportWriter } from './report.ts';
import { blankControls, createBatch } from './text.ts';
import { createMomentFormat } from './time-zone.ts';

/**
 * Writes CSV after RFC 4180 that a spreadsheet opens without executing anything in it: the keys of the columns and the rows.
 * What the report rests on has no place in it.
 */
export const writeCsv: ReportWriter = async (report, write) => {
  const columns = listMachineColumns(report);
  const batch = createBatch(write);
  const line = (cells: readonly string[]): Promise<void> => batch.add(`${cells.join(',')}\r\n`);
  await line(columns.map(({ key }) => key));
  let rows = 0;
  for await (const row of report.rows) {
    await line(columns.map(({ read }) => formatCsvCell(read(row))));
    rows += 1;
  }
  await batch.flush();
  return rows;
};

/**
 * Where a spreadsheet may take what follows for a formula: at the start, and after what it may take for the end of a cell
 * (a semicolon or a tab in countries that write numbers with a comma, a line break where it does not honour the quotes).
 */
const formula = /(^|[;\t\r\n])([^\S;\t\r\n]*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu;
const plainNumber = /^[+-]?\d+(\.\d+)?$/;

/** A cell: dangerous text gets an apostrophe before what could become a formula; numbers stay numbers. */
export function formatCsvCell(value: PlainValue): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = blankControls(value, '\t\r\n');
  const safe = plainNumber.test(text)
    ? text
    : text.replace(formula, "$1'$2").replace(/^(?=[\t\r\n])/, "'");
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Writes one object: title, account, generated_at, statement, details, columns and, row by row, rows. */
export const writeJson: ReportWriter = async (report, write) => {
  const columns = listMachineColumns(report);
  const batch = createBatch(write);
  const head = {
    title: report.title,
    account: report.account,
    generated_at: toPlainValue(report.generatedAt),
    time_zone: report.timeZone ?? 'UTC',
    statement: report.statement,
    ...(report.details === undefined
      ? {}
      : {
          details: Object.fromEntries(
            report.details.map(({ key, value }) => [key, toPlainValue(value)]),
          ),
        }),
    columns: columns.map(({ key, title }) => ({ key, title })),
  };
  await batch.add(`${formatJson(head, 2).slice(0, -2)},\n  "rows": [`);
  let rows = 0;
  for await (const row of report.rows) {
    await batch.add(`${rows === 0 ? '' : ','}\n    ${formatJsonRow(columns, row)}`);
    rows += 1;
  }
  await batch.add(`${rows === 0 ? '' : '\n  '}]\n}\n`);
  await batch.flush();
  return rows;
};

/** Writes the rows, one object a line. */
export const writeNdjson: ReportWriter = async (report, write) => {
  const columns = listMachineColumns(report);
  const batch = createBatch(write);
  let rows = 0;
  for await (const row of report.rows) {
    await batch.add(`${formatJsonRow(columns, row)}\n`);
    rows += 1;
  }
  await batch.flush();
  return rows;
};

function formatJsonRow(columns: readonly MachineColumn[], row: ReportRow): string {
  const cells: Record<string, unknown> = {};
  for (const { key, read } of columns) cells[key] = read(row);
  return formatJson(cells);
}

/** JSON in which no character steers a terminal: those that JSON itself leaves as they are, are escaped as well. */
function formatJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007F-\u009F\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value as every machine format can hold it. */
type PlainValue = string | number | boolean | null;

/** A column and how its cell is read from a row. */
type MachineColumn = {
  readonly key: string;
  readonly title: string;
  readonly read: (row: ReportRow) => PlainValue;
};

/** The columns for machines: each time is followed by `local_<key>` when the report has a time zone. */
function listMachineColumns({
  columns,
  timeZone,
}: Pick<Report, 'columns' | 'timeZone'>): MachineColumn[] {
  const show = createMomentFormat(timeZone);
  return columns.flatMap(({ key, title, isTime }) => {
    const column = { key, title, read: (row: ReportRow) => toPlainValue(row[key]) };
    if (timeZone === undefined || isTime !== true) return [column];
    const readLocal = (row: ReportRow): PlainValue => {
      const value = row[key];
      return value instanceof Date ? show(value) : null;
    };
    return [column, { key: `local_${key}`, title: `${title} (${timeZone})`, read: readLocal }];
  });
}

/** A moment as ISO 8601 in UTC, to the second where it is a whole one; anything else as it is. */
function toPlainValue(value: ReportValue | undefined): PlainValue {
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  return value ?? null;
}
