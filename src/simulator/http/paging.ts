import { refuseDepth, refusePagination, type Answer } from './answers.ts';
import type { Position } from './log-source.ts';

/** A cursor that was understood. */
export interface Cursor extends Position {
  /** How many empty pages were told at this place; makes their cursors differ from each other. */
  readonly spare: number;
}

/** A stateless keyset as recorded: base64 of `{"o":"<order>","v":<values>}` (contract 0.3). */
export function encodeCursor(order: string, position: Position, spare = 0): string {
  const v = spare === 0 ? [position.second, position.id] : [position.second, position.id, spare];
  return Buffer.from(JSON.stringify({ o: order, v })).toString('base64');
}

/** Reads a cursor made for that order; undefined for anything else. */
export function decodeCursor(text: string, order: string): Cursor | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('o' in value) || !('v' in value))
    return undefined;
  if (value.o !== order || !Array.isArray(value.v)) return undefined;
  const [second, id, spare = 0]: unknown[] = value.v;
  if (typeof second !== 'number' || typeof spare !== 'number') return undefined;
  return typeof id === 'number' || typeof id === 'string' ? { second, id, spare } : undefined;
}

/** One page of records, each as JSON text, before it is put into the envelope of its stack. */
export interface Page {
  readonly rows: readonly string[];
  readonly hasMore: boolean;
  /** Whether something lies before the page. */
  readonly hasBefore: boolean;
  readonly afterCursor: string | null;
  readonly beforeCursor: string | null;
}

/** What a page fault needs to know beside the page. */
export interface PagePlace {
  readonly order: string;
  /** The cursor sent, if it pointed forward. */
  readonly sent: Cursor | undefined;
  readonly sentText: string | undefined;
  /** The place before everything the request asks for. */
  readonly start: Position;
}

/** How a request to the Support stack pages (contract 0.3 and 0.4). */
export type SupportPaging =
  | {
      style: 'cursor';
      size: number;
      sort: string;
      after: string | undefined;
      before: string | undefined;
    }
  | { style: 'offset'; page: number; perPage: number };

const MAX_SIZE = 100;
const MAX_OFFSET = 10_000;

/** Leaving out `page[size]` silently switches to offset pagination; with it, `sort_by` is silently ignored. */
export function readSupportPaging(
  query: URLSearchParams,
  sorts: readonly string[],
): SupportPaging | Answer {
  const sizeText = query.get('page[size]');
  if (sizeText === null) {
    const page = readCount(query.get('page')) ?? 1;
    const perPage = Math.min(readCount(query.get('per_page')) ?? MAX_SIZE, MAX_SIZE);
    if ((page - 1) * perPage >= MAX_OFFSET) return refuseDepth(MAX_OFFSET);
    return { style: 'offset', page, perPage };
  }
  const size = readCount(sizeText);
  if (size === undefined) return refusePagination('page[size] is not valid');
  if (size > MAX_SIZE) return refusePagination(`page[size] cannot be greater than ${MAX_SIZE}`);
  const sort = query.get('sort') ?? sorts[0] ?? '';
  if (!sorts.includes(sort)) return refusePagination('sort is not valid');
  return {
    style: 'cursor',
    size,
    sort,
    after: query.get('page[after]') ?? undefined,
    before: query.get('page[before]') ?? undefined,
  };
}

/** Reads a whole number from 1 on; undefined for anything else. */
export function readCount(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** The cursor envelope of the Support stack (contract 0.3); on a page without rows the cursors are null. */
export function writeSupportPage(
  name: string,
  page: Page,
  base: string,
  query: URLSearchParams,
): string {
  const link = (direction: string, cursor: string | null): string => {
    const parameters = new URLSearchParams([[`page[${direction}]`, cursor ?? '']]);
    parameters.append('page[size]', query.get('page[size]') ?? '');
    const sort = query.get('sort');
    if (sort !== null) parameters.append('sort', sort);
    return `${base}.json?${parameters.toString()}`;
  };
  const meta = {
    has_more: page.hasMore,
    after_cursor: page.afterCursor,
    before_cursor: page.beforeCursor,
  };
  const links = {
    next: page.hasMore && page.afterCursor !== null ? link('after', page.afterCursor) : null,
    prev: page.hasBefore && page.beforeCursor !== null ? link('before', page.beforeCursor) : null,
  };
  return `{"${name}":[${page.rows.join(',')}],"meta":${JSON.stringify(meta)},"links":${JSON.stringify(links)}}`;
}

/** The offset envelope of the Support stack (contract 0.4). */
export function writeOffsetPage(
  name: string,
  rows: readonly string[],
  count: number,
  place: { base: string; query: URLSearchParams; page: number; perPage: number },
): string {
  const link = (page: number): string => {
    const parameters = new URLSearchParams(place.query);
    parameters.set('page', String(page));
    return `${place.base}.json?${parameters.toString()}`;
  };
  const next = place.page * place.perPage < count ? link(place.page + 1) : null;
  const previous = place.page > 1 ? link(place.page - 1) : null;
  const rest = JSON.stringify({ next_page: next, previous_page: previous, count }).slice(1);
  return `{"${name}":[${rows.join(',')}],${rest}`;
}
