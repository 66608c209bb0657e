import { isPageFault, type FaultBook } from '../faults/faults.ts';
import { PAGE_FAULTS } from '../faults/page-faults.ts';
import {
  answerJson,
  answerText,
  refusePagination,
  SUPPORT,
  type SimulatedAnswer,
  type Service,
} from './answers.ts';
import {
  encodeCursor,
  opposite,
  readCursor,
  type Direction,
  type ListPage,
  type Position,
  type SecondRange,
} from './cursors.ts';
import type { ApiRequest } from './endpoints.ts';

/** Which page a request asks for. */
export type PageAsked =
  | {
      readonly style: 'cursor';
      readonly size: number;
      /** The keyset of its cursors. */
      readonly order: string;
      readonly direction: Direction;
      readonly after: string | null;
      readonly before: string | null;
    }
  | OffsetPage;

type OffsetPage = {
  readonly style: 'offset';
  readonly page: number;
  readonly perPage: number;
  readonly direction: Direction;
};

/** How a service pages: the parameters for a page, and its envelope. `base` is the list's address. */
export type PagingStyle = {
  readonly service: Service;
  /** The page size without `page[size]`. */
  readonly defaultSize: number;
  readonly read: (query: URLSearchParams) => PageAsked | SimulatedAnswer;
  readonly write: (name: string, page: ListPage, base: string, query: URLSearchParams) => string;
};

/** The content of a list, for any style of paging. */
export type Listing<Row extends Position> = {
  /** The envelope's name for the rows. */
  readonly name: string;
  /** Path without query. */
  readonly path: string;
  /** The range in seconds that contains everything. */
  readonly range: SecondRange;
  /** Shows the rows after `start` (exclusive) in order, until `visit` returns true. */
  readonly scan: (
    direction: Direction,
    start: Position | undefined,
    visit: (row: Row) => boolean,
  ) => void;
  readonly format: (row: Row) => string;
};

/** Answers a request for a page of the list that `describe` describes. A page fault that is due happens here. */
export function answerList<Row extends Position>(
  request: ApiRequest,
  { service, read, write }: PagingStyle,
  faults: FaultBook,
  describe: (asked: PageAsked) => Listing<Row> | SimulatedAnswer,
): SimulatedAnswer {
  const asked = read(request.query);
  if ('status' in asked) return asked;
  const listing = describe(asked);
  if ('status' in listing) return listing;
  const base = `${request.origin}${listing.path}`;
  if (asked.style === 'offset')
    return answerText(200, writeOffsetPage(listing, asked, base, request.query));
  const { order, direction, size } = asked;
  const after = readCursor(asked.after, order);
  if (after === null) return service.refuseCursor('after');
  const before = readCursor(asked.before, order);
  if (before === null) return service.refuseCursor('before');
  const isBackwards = after === undefined && before !== undefined;
  const found: Row[] = [];
  let hasMore = false;
  listing.scan(isBackwards ? opposite(direction) : direction, after ?? before, (row) => {
    hasMore = found.length === size;
    if (!hasMore) found.push(row);
    return hasMore;
  });
  const rows = isBackwards ? found.toReversed() : found;
  const cursorOf = (row: Row | undefined): string | null =>
    row === undefined ? null : encodeCursor(order, row);
  let page: ListPage = {
    rows: rows.map((row) => listing.format(row)),
    hasMore,
    hasBefore: after !== undefined || (isBackwards && hasMore),
    afterCursor: cursorOf(rows.at(-1)),
    beforeCursor: cursorOf(rows[0]),
  };
  const fault = faults.take(request.faultTarget, isPageFault);
  if (fault !== undefined) {
    const { from, to } = listing.range;
    const start = { second: direction === 1 ? from - 1 : to + 1, id: 0 };
    const place = { order, sent: after, start, shorterCursor: cursorOf(rows.at(-2)) };
    page = PAGE_FAULTS[fault.kind]({ ...fault, ...place, page });
  }
  return answerText(200, write(listing.name, page, base, request.query));
}

/** Order and direction of a sort such as `-created_at`; equal values are sorted by the id. */
export function readSort(sort: string): { readonly order: string; readonly direction: Direction } {
  if (sort.startsWith('-')) return { order: `${sort},-id`, direction: -1 };
  return { order: sort === 'id' ? sort : `${sort},id`, direction: 1 };
}

/** Reads a whole number from 1 on; undefined for anything else. */
export function readCount(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

const MAX_SIZE = 100;
const MAX_OFFSET = 10_000;

/** The paging of the Support stack (contract 0.3 and 0.4); the first sort is the default. */
export function createSupportPaging(sorts: readonly string[]): PagingStyle {
  return {
    service: SUPPORT,
    defaultSize: MAX_SIZE,
    read: (query) => readSupportPage(query, sorts),
    write: writeSupportPage,
  };
}

/** Leaving out `page[size]` silently switches to offset pagination; with it, `sort_by` is silently ignored. */
function readSupportPage(
  query: URLSearchParams,
  sorts: readonly string[],
): PageAsked | SimulatedAnswer {
  const [usual = ''] = sorts;
  const sizeText = query.get('page[size]');
  if (sizeText === null) {
    const page = readCount(query.get('page')) ?? 1;
    const perPage = Math.min(readCount(query.get('per_page')) ?? MAX_SIZE, MAX_SIZE);
    if ((page - 1) * perPage >= MAX_OFFSET) return TOO_DEEP;
    const direction = query.get('sort_order') === 'asc' ? 1 : readSort(usual).direction;
    return { style: 'offset', page, perPage, direction };
  }
  const size = readCount(sizeText);
  if (size === undefined) return refusePagination('page[size] is not valid');
  if (size > MAX_SIZE) return refusePagination(`page[size] cannot be greater than ${MAX_SIZE}`);
  const sort = query.get('sort') ?? usual;
  if (!sorts.includes(sort)) return refusePagination('sort is not valid');
  const [after, before] = [query.get('page[after]'), query.get('page[before]')];
  return { style: 'cursor', size, ...readSort(sort), after, before };
}

const TOO_DEEP = answerJson(400, {
  errors: [
    {
      code: 'InvalidPaginationDepth',
      title: 'InvalidPaginationDepth',
      detail: `Offset pagination is limited to the first ${MAX_OFFSET} records. Use cursor pagination.`,
    },
  ],
});

/** The cursor envelope; its links do not repeat the filters, and on a page without rows the cursors are null. */
function writeSupportPage(
  name: string,
  page: ListPage,
  base: string,
  query: URLSearchParams,
): string {
  const link = (direction: string, cursor: string): string => {
    const parameters = new URLSearchParams([[`page[${direction}]`, cursor]]);
    parameters.append('page[size]', query.get('page[size]') ?? '');
    const sort = query.get('sort');
    if (sort !== null) parameters.append('sort', sort);
    return `${base}.json?${parameters.toString()}`;
  };
  const { hasMore: has_more, beforeCursor: before_cursor } = page;
  const after_cursor = page.linkOnly === true ? null : page.afterCursor;
  const meta = JSON.stringify({ has_more, after_cursor, before_cursor });
  return `{"${name}":[${page.rows.join(',')}],"meta":${meta},"links":${writeLinks(page, link)}}`;
}

/** The `links` of a cursor envelope. */
export function writeLinks(
  { hasMore, hasBefore, afterCursor, beforeCursor }: ListPage,
  link: (direction: string, cursor: string) => string,
): string {
  return JSON.stringify({
    next: hasMore && afterCursor !== null ? link('after', afterCursor) : null,
    prev: hasBefore && beforeCursor !== null ? link('before', beforeCursor) : null,
  });
}

function writeOffsetPage<Row extends Position>(
  { name, scan, format }: Listing<Row>,
  { page, perPage, direction }: OffsetPage,
  base: string,
  query: URLSearchParams,
): string {
  const texts: string[] = [];
  let count = 0;
  scan(direction, undefined, (row) => {
    if (count >= (page - 1) * perPage && texts.length < perPage) texts.push(format(row));
    count++;
    return false;
  });
  const link = (other: number): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(other));
    return `${base}.json?${parameters.toString()}`;
  };
  const next_page = page * perPage < count ? link(page + 1) : null;
  const previous_page = page > 1 ? link(page - 1) : null;
  const rest = JSON.stringify({ next_page, previous_page, count }).slice(1);
  return `{"${name}":[${texts.join(',')}],${rest}`;
}
