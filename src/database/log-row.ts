/** What a log record is on its way into its table: shapes alone. */
import type { Spans } from '../span.ts';
import type { Transaction } from './client.ts';

/** What the statements need to know of a log table: its key and its columns with their types. */
export type LogTable = {
  readonly stream: string;
  readonly table: string;
  readonly time: string;
  readonly id: string;
  readonly idType: string;
  /** Columns that are neither key nor bookkeeping, with the type their JSON value is read as. */
  readonly columns: Readonly<Record<string, string>>;
};

/** What a request of the access log was about: a row of `zendesk.access_log_resources`. */
export type ResourceRow = {
  readonly kind: string;
  readonly type: string | null;
  readonly id: string | null;
  readonly searchQuery: string | null;
};

/** A record, read: its id, its time in milliseconds since 1970, the row for its table, and what it was about. */
export type LogRow = {
  readonly id: string;
  readonly timeMs: number;
  readonly row: Readonly<Record<string, unknown>>;
  readonly resources: readonly ResourceRow[];
};

/** What became of the rows of a page. */
export type PageCounts = { readonly new: number; readonly changed: number; readonly late: number };

/** How a page is to be written. */
export type WriteOptions = {
  /** What was covered already: a new row in there is a late one. */
  readonly covered: Spans;
  /** False after COPY met a row that another writer stored at the same moment. */
  readonly mayCopy: boolean;
};

/** Runs the statements for one page within a transaction. */
export type WriteRows = (
  tx: Transaction,
  account: string,
  rows: readonly LogRow[],
  options: WriteOptions,
) => Promise<PageCounts>;
