/** CSV after RFC 4180 that a spreadsheet opens without executing anything in it. */
import { createBatch } from './batch.ts';
import { listMachineColumns, type PlainValue } from './machine-form.ts';
import type { ReportWriter } from './report.ts';
import { blankControls } from './text.ts';

/** Writes the keys of the columns and the rows. What the report rests on has no place in a CSV. */
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
