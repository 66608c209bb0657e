/**
 * The hot path: one page of log records into its table. A page of which nothing is there yet, which is nearly every page
 * of a backfill, goes in by COPY; one of which all is there and equal, which is nearly every page of a rescan, is only
 * compared; any other goes in by the upsert, which writes nothing for rows that are there and equal. Why three ways:
 * docs/decisions.md.
 */
import type { Spans } from '../span.ts';
import { createComparison } from './log-comparison.ts';
import { createCopy } from './log-copy.ts';
import { ascends } from './log-order.ts';
import type { LogRow, LogTable, PageCounts, WriteRows } from './log-row.ts';
import { createUpsert } from './log-upsert.ts';

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
