import {
  encodeCursor,
  readCursor,
  type ListCursor,
  type ListPage,
  type Position,
} from '../http/cursors.ts';

/** The options of faults in the content of a page. */
export type PageFaultDetails = {
  /** `circle`: how many pages repeat in turn; default 3. */
  readonly pages?: number;
  /** `changed-type`: the field that changes; by default, each number becomes a string and null stays. */
  readonly field?: string;
  /** `changed-type` with `field`: the new value; default: the old one as a string. */
  readonly value?: unknown;
  /** `restamped`: how much later the time stamps are; default 250. `duplicate-in-page`: the same for the copy; default 0. */
  readonly shiftMs?: number;
};

type Struck = PageFaultDetails & {
  readonly page: ListPage;
  readonly order: string;
  /** The cursor sent, if it pointed forward. */
  readonly sent: ListCursor | undefined;
  /** The position before everything that the request asks for. */
  readonly start: Position;
  /** The cursor after the second to last row of the page. */
  readonly shorterCursor: string | null;
};

/**
 * The faults in the content of a page of records. What is left out or disturbed can still be read with the cursor that was
 * sent or with the one in the page.
 */
export const PAGE_FAULTS = {
  'repeat-cursor': ({ page, order, sent, start }) => ({
    ...page,
    hasMore: true,
    afterCursor: encodeCursor(order, sent ?? start, sent?.spare),
  }),
  'empty-page-with-more': ({ page, order, sent, start }) => ({
    ...page,
    rows: [],
    hasMore: true,
    afterCursor: encodeCursor(order, sent ?? start, (sent?.spare ?? 0) + 1),
    beforeCursor: null,
  }),
  'more-without-cursor': ({ page }) => ({ ...page, hasMore: true, afterCursor: null }),
  'link-only-cursor': ({ page }) => ({ ...page, linkOnly: true }),
  circle: ({ page, order, sent, start, pages = 3 }) => {
    if (page.rows.length === 0) return page;
    const turn = (sent?.spare ?? 0) + 1;
    const back = turn % pages === 0 ? start : undefined;
    return {
      ...page,
      hasMore: true,
      afterCursor: encodeCursor(order, back ?? readCursor(page.afterCursor, order) ?? start, turn),
    };
  },
  'last-too-early': ({ page }) => ({ ...page, hasMore: false }),
  'last-too-early-without-cursor': ({ page }) => ({ ...page, hasMore: false, afterCursor: null }),
  unsorted: ({ page }) => ({ ...page, rows: page.rows.toReversed() }),
  'duplicate-in-page': ({ page, shorterCursor, shiftMs }) =>
    duplicateRow(page, shorterCursor, shiftMs),
  restamped: ({ page, shiftMs = 250 }) => ({
    ...page,
    rows: page.rows.map((row) => restamp(row, shiftMs)),
  }),
  'new-field': ({ page }) => ({
    ...page,
    rows: page.rows.map((row) => `${row.slice(0, -1)},"trust_level":{"score":0.75,"by":["edge"]}}`),
  }),
  'changed-type': ({ page, ...details }) => ({
    ...page,
    rows: page.rows.map((row) => changeTypes(row, details)),
  }),
} satisfies Record<string, (struck: Struck) => ListPage>;

/** The page keeps its size: a copy of the row before replaces its last row, which comes with the next page. */
function duplicateRow(page: ListPage, shorterCursor: string | null, shiftMs = 0): ListPage {
  const { rows } = page;
  const [first] = rows;
  if (first === undefined) return page;
  const copy = (row: string): string => (shiftMs === 0 ? row : restamp(row, shiftMs));
  if (shorterCursor === null) return { ...page, rows: [first, copy(first)] };
  const kept = rows.slice(0, -1);
  const copies = kept.slice(-1).map(copy);
  return { ...page, rows: [...kept, ...copies], hasMore: true, afterCursor: shorterCursor };
}

/** The record with a later time stamp, in milliseconds (contract Q28). */
function restamp(row: string, shiftMs: number): string {
  const record: Record<string, unknown> = JSON.parse(row);
  for (const name of ['created_at', 'timestamp'])
    if (typeof record[name] === 'string')
      record[name] = new Date(Date.parse(record[name]) + shiftMs).toISOString();
  return JSON.stringify(record);
}

function changeTypes(row: string, { field, value }: PageFaultDetails): string {
  const record: Record<string, unknown> = JSON.parse(row);
  if (field !== undefined) record[field] = value === undefined ? String(record[field]) : value;
  else
    for (const [name, found] of Object.entries(record))
      if (typeof found === 'number') record[name] = String(found);
  return JSON.stringify(record);
}
