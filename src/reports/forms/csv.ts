/** CSV after RFC 4180, of which no spreadsheet executes anything: as programs read it, and as spreadsheets do. */
import type { Report, ReportValue, ReportWriter, Write } from '../shared/report.ts';
import { blankControls, createBatch } from '../shared/text.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { listMachineColumns, toPlainValue, type PlainValue } from './machine-columns.ts';

/** Writes the keys of the columns and the rows, for programs: UTC times in ISO 8601, ids as they are. */
export const writeCsv: ReportWriter = (report, write) =>
  writeLines(report, write, (value) => formatCsvCell(toPlainValue(value)));

const byteOrderMark = '\uFEFF';
const showUtc = createMomentFormat(undefined);

/**
 * The same for spreadsheets: a byte order mark, without which Excel takes the text for another encoding; times that it
 * knows as times; and what looks like a number, but would lose digits as one, as text.
 */
export const writeSpreadsheetCsv: ReportWriter = async (report, write) => {
  await write(byteOrderMark);
  return writeLines(report, write, (value) =>
    value instanceof Date ? showUtc(value) : keepDigits(value),
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

/** A text that a spreadsheet would change when it reads it as a number becomes a formula that is nothing but this text. */
function keepDigits(value: PlainValue): string {
  return typeof value === 'string' && losesDigits.test(value)
    ? `"=""${value}"""`
    : formatCsvCell(value);
}

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
