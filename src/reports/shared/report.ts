/** What a report is: sentences, columns, and rows that are read on demand. Nothing here knows SQL or a terminal. */
import type { ArchiveStore } from '../../archive/store.ts';
import type { Classify } from '../../classification/classification.ts';
import type { ReadableDatabase } from '../../database/client.ts';

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
  /** The type of the cells if they are not text or moments, for forms with types. */
  readonly type?: 'integer' | 'boolean';
  /** The cells are moments: never broken, and programs get a `local_…` column beside it if a time zone is given. */
  readonly isTime?: true;
  /** The cells are useless in pieces, such as ids; they are broken last. */
  readonly isWhole?: true;
  /** The column is left out, from the right, if a table is too wide for its terminal. */
  readonly isOptional?: true;
  /** The cells are whole records as JSON text; such a column is the only one, and in JSON the rows are the records themselves. */
  readonly isRecord?: true;
};

/** A fact above the rows, such as the name of the person the report is about. */
export type ReportDetail = {
  readonly key: string;
  readonly title: string;
  readonly value: ReportValue;
  /** The value is a whole record as JSON text. */
  readonly isRecord?: true;
};

/** Coverage, gaps and limits of the answer, in sentences. */
export type ReportStatement = {
  /** How much of the requested time is stored. */
  readonly coverage: readonly string[];
  /** What is missing; empty if nothing is. */
  readonly gaps: readonly string[];
  /** What Zendesk does not record at all. */
  readonly limits: readonly string[];
  /** The meaning of its columns and words, if they are not clear. */
  readonly notes?: readonly string[];
};

/** The parts of a report that are known before its rows are read. */
export type ReportContent = {
  /** One line: "Account settings changed, 2026-01-01 to 2026-02-01 (Europe/Madrid)". */
  readonly title: string;
  readonly details?: readonly ReportDetail[];
  readonly columns: readonly ReportColumn[];
  /** Read once, to the end or not. */
  readonly rows: AsyncIterable<ReportRow>;
  readonly statement: ReportStatement;
};

/** A report, ready for the writers. */
export type Report = ReportContent & {
  readonly account: string;
  readonly generatedAt: Date;
  /** The requested time zone; undefined: none, people get UTC. */
  readonly timeZone: string | undefined;
};

/** What a report needs. */
export type ReportScope<Db extends ReadableDatabase = ReadableDatabase> = {
  readonly db: Db;
  readonly account: string;
  readonly now: Date;
  readonly timeZone: string | undefined;
  /** Where archived rows are, and how what they are about is found out; undefined where nobody reads them. */
  readonly archive?: {
    /** Undefined: no setting says where. */
    readonly store: ArchiveStore | undefined;
    readonly classify: () => Classify;
    /** How many archived rows fit into one answer; default: as many as a report takes. */
    readonly mostRows?: number;
  };
  /** The logs whose archived rows the database of this scope has too; none by default. */
  readonly archived?: readonly string[];
};

/** The span of time that a report is about: `[from, to)`. */
export type ReportSpan = { readonly from: Date; readonly to: Date };

/** A statement with further sentences about the meaning of the answer. */
export function addNotes(statement: ReportStatement, notes: readonly string[]): ReportStatement {
  const all = [...(statement.notes ?? []), ...notes];
  return all.length === 0 ? statement : { ...statement, notes: all };
}

/** Rows that are all in memory already. */
export async function* iterateRows(
  rows: readonly ReportRow[],
): AsyncGenerator<ReportRow, void, undefined> {
  yield* rows;
}

/** Writes text or bytes to the output; resolves when there is room for more. */
export type Write = (data: string | Uint8Array) => Promise<void>;

/** Writes a report in one form. Returns how many rows it had. */
export type ReportWriter = (report: Report, write: Write) => Promise<number>;
