/** CSV as in RFC 4180, with nothing that a spreadsheet would execute: one form for programs, and one for spreadsheets. */
import type { Report, ReportValue, ReportWriter, Write } from '../shared/report.ts';
import { blankControls, createBatch } from '../shared/text.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { listMachineColumns, toPlainValue, type PlainValue } from './machine-columns.ts';

/** Writes the keys of the columns and the rows, for programs: UTC times in ISO 8601, ids unchanged. */
export const writeCsv: ReportWriter = (report, write) =>
  writeLines(report, write, (value) => formatCsvCell(toPlainValue(value)));

/** What a text begins with that Excel is to take for UTF-8. */
export const byteOrderMark = '\uFEFF';
const showUtc = createMomentFormat(undefined);

/**
 * The same for spreadsheets: a byte order mark, without which Excel assumes another encoding; times in a form that it
 * recognises; and, as text, everything that looks like a number but would lose digits as one.
 */
export const writeSpreadsheetCsv: ReportWriter = async (report, write) => {
  await write(byteOrderMark);
  return writeLines(report, write, (value) =>
    value instanceof Date ? showUtc(value) : formatSpreadsheetCell(value),
  );
};

async function writeLines(
  report: Report,
  write: Write,
  format: (value: ReportValue) => string,
): Promise<number> {
  const columns = listMachineColumns(report);
  const batch = createBatch(write);
  const line = (cells: readonly string[]): Promise<void> => batch.add(`${cells.join(',')}\r\n`);
  await line(columns.map(({ key }) => key));
  let rows = 0;
  for await (const row of report.rows) {
    await line(columns.map(({ read }) => format(read(row))));
    rows += 1;
  }
  await batch.flush();
  return rows;
}

/** Excel shows longer numbers in powers of ten, rounds them from the sixteenth digit on, and drops leading zeros and plus signs. */
const losesDigits = /^(-?\d{12,}|[+-]?0\d+|\+\d+)$/;

/** A text that a spreadsheet would change by reading it as a number becomes a formula that only contains this text. */
export function formatSpreadsheetCell(value: PlainValue): string {
  return typeof value === 'string' && losesDigits.test(value)
    ? `"=""${value}"""`
    : formatCsvCell(value);
}

/**
 * Where a spreadsheet may read what follows as a formula: at the start, and after what it may read as the end of a cell (a
 * semicolon or a tab in countries that write numbers with a comma, a line break if it ignores the quotes).
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
