import { createBatch } from './batch.ts';
import { listMachineColumns, toPlainValue, type MachineColumn } from './machine-form.ts';
import type { ReportRow, ReportWriter } from './report.ts';

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
