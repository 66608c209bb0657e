/**
 * The hot path: one page of log records into its table. A page of which nothing is there yet, which is nearly every page
 * of a backfill, goes in by COPY; one of which all is there and equal, which is nearly every page of a rescan, is only
 * compared; any other goes in by the upsert, which writes nothing for rows that are there and equal. Why three ways:
 * docs/decisions.md.
 */
import type { Spans } from '../span.ts';
import type { Transaction } from './client.ts';
import { createComparison } from './log-comparison.ts';
import { createCopy } from './log-copy.ts';
import { ascends } from './log-order.ts';
import { createUpsert } from './log-upsert.ts';

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

/** Below this, the question what is there already costs more than it saves (docs/performance.md). */
const rowsWorthAsking = 500;

/** Prepares the writer of one log table. */
export function createLogWriter(table: LogTable): WriteRows {
  const copy = createCopy(table);
  const isStored = createComparison(table);
  const upsert = createUpsert(table);
  return async (tx, account, rows, { covered, mayCopy }) => {
    if (rows.length === 0) return none;
    if (rows.length >= rowsWorthAsking && ascends(rows, table.idType)) {
      if (mayCopy && (await copy(tx, account, rows)))
        return { ...none, new: rows.length, late: countLate(rows, covered) };
      if (await isStored(tx, account, rows)) return none;
    }
    return upsert(tx, account, rows, covered);
  };
}

const none: PageCounts = { new: 0, changed: 0, late: 0 };

function countLate(rows: readonly LogRow[], covered: Spans): number {
  if (covered.length === 0) return 0;
  return rows.filter(({ timeMs }) =>
    covered.some(({ from, to }) => from * 1000 <= timeMs && timeMs < to * 1000),
  ).length;
}
