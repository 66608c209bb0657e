/** What a report is: sentences, columns, and rows that come as they are asked for. Nothing here knows SQL or a terminal. */
import type { Database } from '../../database/client.ts';

/** A cell. Ids are text, because they may be longer than a number is exact. */
export type ReportValue = string | number | boolean | Date | null;

/** A row, by the keys of its columns. */
export type ReportRow = Readonly<Record<string, ReportValue>>;

export type ReportColumn = {
  /** The name for machines: snake_case. */
  readonly key: string;
  /** The name for people. */
  readonly title: string;
  readonly align?: 'right';
  /** What the cells are where it is neither text nor moments, for forms with types. */
  readonly type?: 'integer' | 'boolean';
  /** The cells are moments: never broken, and machines get a `local_…` column beside it where a time zone is asked for. */
  readonly isTime?: true;
  /** The cells are worth nothing in pieces, such as ids; they are broken last. */
  readonly isWhole?: true;
  /** Left out, from the right, of a table that is too wide for its terminal. */
  readonly isOptional?: true;
  /** The cells are whole records as JSON text; such a column stands alone, and JSON has the records themselves as rows. */
  readonly isRecord?: true;
};

/** A fact that stands above the rows, such as the name of the person the report is about. */
export type ReportDetail = {
  readonly key: string;
  readonly title: string;
  readonly value: ReportValue;
  /** The value is a whole record as JSON text. */
  readonly isRecord?: true;
};

/** What the answer rests on, in sentences. */
export type ReportStatement = {
  /** How much of what was asked for is stored. */
  readonly coverage: readonly string[];
  /** What is missing; empty when nothing is. */
  readonly gaps: readonly string[];
  /** What Zendesk does not record at all. */
  readonly limits: readonly string[];
  /** How its columns and words are meant, where they do not say so themselves. */
  readonly notes?: readonly string[];
};

/** What a report says, known before its rows are read. */
export type ReportContent = {
  /** One line: "Account settings changed, 2026-01-01 to 2026-02-01 (Europe/Madrid)". */
  readonly title: string;
  readonly details?: readonly ReportDetail[];
  readonly columns: readonly ReportColumn[];
  /** Read once, to the end or not. */
  readonly rows: AsyncIterable<ReportRow>;
  readonly statement: ReportStatement;
};

/** A report as the writers take it. */
export type Report = ReportContent & {
  readonly account: string;
  readonly generatedAt: Date;
  /** The time zone that was asked for; undefined: none, people get UTC. */
  readonly timeZone: string | undefined;
};

/** What a report is made from. */
export type ReportScope = {
  readonly db: Database;
  readonly account: string;
  readonly now: Date;
  readonly timeZone: string | undefined;
};

/** The span of time that a report is about: `[from, to)`. */
export type ReportSpan = { readonly from: Date; readonly to: Date };

/** A statement with further sentences on how the answer is meant. */
export function addNotes(statement: ReportStatement, notes: readonly string[]): ReportStatement {
  const all = [...(statement.notes ?? []), ...notes];
  return all.length === 0 ? statement : { ...statement, notes: all };
}

/** Rows that are all there already. */
export async function* iterateRows(
  rows: readonly ReportRow[],
): AsyncGenerator<ReportRow, void, undefined> {
  yield* rows;
}

/** Takes text or bytes to where they go; resolves when there is room for more. */
export type Write = (data: string | Uint8Array) => Promise<void>;

/** Writes a report in one form. Returns how many rows it had. */
export type ReportWriter = (report: Report, write: Write) => Promise<number>;
