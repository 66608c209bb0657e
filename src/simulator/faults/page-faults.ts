import { encodeCursor, type Page, type PagePlace } from './pagination.ts';
import type { FaultOf, PageFaultKind } from './faults.ts';

interface Spoiling {
  readonly page: Page;
  readonly place: PagePlace;
  readonly fault: FaultOf<PageFaultKind>;
  /** The cursor behind the last row but one of the page. */
  readonly shorterCursor: string | null;
}

const SPOILERS: Record<PageFaultKind, (spoiling: Spoiling) => Page> = {
  'repeat-cursor': ({ page, place }) => ({
    ...page,
    hasMore: true,
    afterCursor: place.sentText ?? encodeCursor(place.order, place.start),
  }),
  'empty-page-with-more': ({ page, place }) => ({
    ...page,
    rows: [],
    hasMore: true,
    afterCursor: encodeCursor(place.order, place.sent ?? place.start, (place.sent?.spare ?? 0) + 1),
    beforeCursor: null,
  }),
  'more-without-cursor': ({ page }) => ({ ...page, hasMore: true, afterCursor: null }),
  unsorted: ({ page }) => ({ ...page, rows: page.rows.toReversed() }),
  'duplicate-in-page': ({ page, shorterCursor }) => duplicateRow(page, shorterCursor),
  'new-field': ({ page }) => ({
    ...page,
    rows: page.rows.map((row) => `${row.slice(0, -1)},"trust_level":{"score":0.75,"by":["edge"]}}`),
  }),
  'changed-type': ({ page, fault }) => ({
    ...page,
    rows: page.rows.map((row) => changeTypes(row, fault)),
  }),
};

/** The same page, gone wrong. What it leaves out or disturbs is still to be had by the cursor sent or the one told. */
export function spoilPage(spoiling: Spoiling): Page {
  return SPOILERS[spoiling.fault.kind](spoiling);
}

/** The page keeps its size: its last row gives way to a copy of the one before and comes with the next page. */
function duplicateRow(page: Page, shorterCursor: string | null): Page {
  const { rows } = page;
  const [first] = rows;
  if (first === undefined) return page;
  if (shorterCursor === null) return { ...page, rows: [first, first] };
  const kept = rows.slice(0, -1);
  return { ...page, rows: [...kept, ...kept.slice(-1)], hasMore: true, afterCursor: shorterCursor };
}

function changeTypes(row: string, fault: FaultOf<PageFaultKind>): string {
  const record: Record<string, unknown> = JSON.parse(row);
  if (fault.field !== undefined) {
    record[fault.field] = fault.value === undefined ? String(record[fault.field]) : fault.value;
    return JSON.stringify(record);
  }
  const changed = Object.entries(record).map(([name, value]) => [
    name,
    typeof value === 'number' ? String(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(changed));
}
