/** A part of a report as a view shows it: some of its rows, and all that they rest on. */
import type { Queryable, ReadableDatabase } from '../database/client.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportRow,
  ReportStatement,
} from '../reports/shared/report.ts';

/** How many rows a view shows together. */
const shownRows = 50;

/** A report for the browser. */
export type ReportAnswer = {
  readonly title: string;
  readonly details: readonly { readonly title: string; readonly value: unknown }[];
  readonly columns: readonly Pick<ReportColumn, 'key' | 'title' | 'isTime' | 'align'>[];
  readonly rows: readonly ReportRow[];
  /** How many rows come before these. */
  readonly offset: number;
  /** Whether there are rows after these. */
  readonly isMore: boolean;
  readonly statement: ReportStatement;
};

/** A database whose statements of a report give only the rows to show, and one more. The report itself need not know. */
export function readPart(db: Queryable, offset: number): ReadableDatabase {
  return {
    query: (text, values) => db.query(text, values),
    async *read<Row>(text: string, values: readonly unknown[] = []) {
      yield* await db.query<Row>(
        `select * from (${text}) as asked offset $${values.length + 1} limit $${values.length + 2}`,
        [...values, offset, shownRows + 1],
      );
    },
  };
}

/** The answer from a report whose rows were read by `readPart`. */
export async function answerWith(report: ReportContent, offset: number): Promise<ReportAnswer> {
  const { title, details = [], columns, statement } = report;
  const rows: ReportRow[] = [];
  for await (const row of report.rows)
    rows.push(Object.fromEntries(columns.map(({ key }) => [key, row[key] ?? null])));
  return {
    title,
    details: details.filter(({ value }) => value !== null),
    columns,
    rows: rows.slice(0, shownRows),
    offset,
    isMore: rows.length > shownRows,
    statement: { ...statement, notes: statement.notes?.map(withoutFlags) ?? [] },
  };
}

/** Notes end with the options of commands, which the page does not have. */
function withoutFlags(note: string): string {
  return note.replace(/ \(--[\w-]+\)|[;:.] (?:Add |report \w+ )?--[^.]*\.$/g, (found) =>
    found.endsWith('.') ? '.' : '',
  );
}

/** A report without one of its columns. */
export function withoutColumn(report: ReportContent, key: string): ReportContent {
  return { ...report, columns: report.columns.filter((column) => column.key !== key) };
}
