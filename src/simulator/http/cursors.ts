import {
  decodeCursor,
  encodeCursor,
  type Cursor,
  type Page,
  type PagePlace,
} from './pagination.ts';
import { isPageFault } from './faults.ts';
import { spoilPage } from './page-faults.ts';
import type { Account, ApiRequest } from './account.ts';
import type { Direction, Position, SecondRange } from './log-source.ts';

/** The cursors of a request, understood. */
export interface SentCursors {
  readonly after: Cursor | undefined;
  readonly before: Cursor | undefined;
  readonly afterText: string | undefined;
}

/** Reads the cursors sent; gives the name of the first that is not one of that order. */
export function readCursors(
  order: string,
  afterText: string | undefined,
  beforeText: string | undefined,
): SentCursors | 'after' | 'before' {
  const after = afterText === undefined ? undefined : decodeCursor(afterText, order);
  const before = beforeText === undefined ? undefined : decodeCursor(beforeText, order);
  if (afterText !== undefined && after === undefined) return 'after';
  if (beforeText !== undefined && before === undefined) return 'before';
  return { after, before, afterText };
}

/** The place just before everything in a range. */
export function startOf(range: SecondRange, direction: Direction): Position {
  return { second: direction === 1 ? range.from - 1 : range.to + 1, id: 0 };
}

/** Makes the page out of its rows: the first and last give the cursors. A page fault that is due strikes here. */
export function makePage<Row extends Position>(
  account: Account,
  request: ApiRequest,
  rows: readonly Row[],
  hasMore: boolean,
  format: (row: Row) => string,
  place: { order: string; sent: SentCursors; start: Position },
): Page {
  const { order, sent, start } = place;
  const cursorOf = (row: Row | undefined): string | null =>
    row === undefined ? null : encodeCursor(order, row);
  const page: Page = {
    rows: rows.map(format),
    hasMore,
    hasBefore: sent.after !== undefined || (sent.before !== undefined && hasMore),
    afterCursor: cursorOf(rows.at(-1)),
    beforeCursor: cursorOf(rows[0]),
  };
  const fault = account.faults.take(request.faultTarget, isPageFault);
  if (fault === undefined) return page;
  const pagePlace: PagePlace = { order, sent: sent.after, sentText: sent.afterText, start };
  return spoilPage({ page, place: pagePlace, fault, shorterCursor: cursorOf(rows.at(-2)) });
}
