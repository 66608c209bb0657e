/** JSON and NDJSON, with UTC times in ISO 8601. */
import type { Report, ReportRow, ReportWriter } from '../shared/report.ts';
import { parseJson } from '../../zendesk/body.ts';
import { createBatch } from '../shared/text.ts';
import { listMachineColumns, toPlainValue, type MachineColumn } from './machine-columns.ts';

/** Writes one object: what `describeReport` returns and, row by row, `rows`. */
export const writeJson: ReportWriter = async (report, write) => {
  const columns = listMachineColumns(report);
  const batch = createBatch(write);
  await batch.add(`${formatJson(describeReport(report), 2).slice(0, -2)},\n  "rows": [`);
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

/** A report without its rows: title, account, generated_at, time_zone, statement, details and columns. */
export function describeReport(report: Report): Readonly<Record<string, unknown>> {
  return {
    title: report.title,
    account: report.account,
    generated_at: toPlainValue(report.generatedAt),
    time_zone: report.timeZone ?? 'UTC',
    statement: report.statement,
    ...(report.details === undefined
      ? {}
      : {
          details: Object.fromEntries(
            report.details.map(({ key, value, isRecord }) => [
              key,
              isRecord === true ? parseJson(Buffer.from(String(value))) : toPlainValue(value),
            ]),
          ),
        }),
    columns: listMachineColumns(report).map(({ key, title }) => ({ key, title })),
  };
}

function formatJsonRow(columns: readonly MachineColumn[], row: ReportRow): string {
  const [first] = columns;
  if (first?.isRecord === true) return escapeJson(String(first.read(row) ?? 'null'));
  const cells: Record<string, unknown> = {};
  for (const { key, read } of columns) cells[key] = toPlainValue(read(row));
  return formatJson(cells);
}

/** JSON without characters that control a terminal: those that JSON itself does not escape are escaped too. */
export function formatJson(value: unknown, indent?: number): string {
  return escapeJson(JSON.stringify(value, null, indent));
}

/** JSON text in which no character steers a terminal. */
export function escapeJson(json: string): string {
  return json.replace(
    /[\u007F-\u009F\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
