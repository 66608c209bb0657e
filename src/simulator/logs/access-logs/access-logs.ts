import { answerText, refuseAccessQuery, type Answer } from './answers.ts';
import { formatAccessLog, type AccessLogRow } from './access-log-text.ts';
import { makePage, readCursors, startOf } from './pages.ts';
import { parseSecond } from './clock.ts';
import { readCount, type Page } from './pagination.ts';
import { readPage, type Direction, type SecondRange } from './log-source.ts';
import type { Account, ApiRequest } from './account.ts';

const DEFAULT_SIZE = 1000;
const MAX_SIZE = 2500;

/** `GET /api/v2/access_logs` (contract 4): another service, with its own sizes, order, parameters and envelope. */
export function listAccessLogs(account: Account, request: ApiRequest): Answer {
  const { query } = request;
  const sizeText = query.get('page[size]');
  const size = sizeText === null ? DEFAULT_SIZE : readCount(sizeText);
  if (size === undefined) return refuseAccessQuery('page size must be a positive number');
  if (size > MAX_SIZE) return refuseAccessQuery(`max allowed page size is ${MAX_SIZE}`);
  const sort = query.get('sort');
  if (sort !== null && sort !== '-created_at') return refuseAccessQuery('sort must be -created_at');
  const range = readRange(account, query);
  const isWanted = readFilters(account, query);
  if (range === undefined || isWanted === undefined) return refuseAccessQuery('invalid filter');
  const direction: Direction = sort === null ? 1 : -1;
  const order = direction === 1 ? 'created_at,id' : '-created_at,-id';
  const afterText = query.get('page[after]') ?? query.get('filter[after]') ?? undefined;
  const beforeText = query.get('page[before]') ?? query.get('filter[before]') ?? undefined;
  const sent = readCursors(order, afterText, beforeText);
  if (typeof sent === 'string') return refuseAccessQuery('invalid cursor');
  const { after, before } = sent;
  const wish = { range, direction, size, after, before, isShown: isWanted };
  const { rows, hasMore } = readPage(account.accessLogs, wish);
  const place = { order, sent, start: startOf(range, direction) };
  const page = makePage(account, request, rows, hasMore, formatAccessLog, place);
  return answerText(200, writeAccessPage(page, request));
}

/** The window; undefined when a bound is not a date-time. An inverted one holds nothing. */
function readRange(account: Account, query: URLSearchParams): SecondRange | undefined {
  const range = account.rangeOf('access_logs');
  const inset = account.options.inclusiveBounds ? 0 : 1;
  const startText = query.get('filter[start]');
  const endText = query.get('filter[end]');
  const start = startText === null ? -Infinity : parseSecond(startText);
  const end = endText === null ? Infinity : parseSecond(endText);
  if (start === undefined || end === undefined) return undefined;
  return { from: Math.max(range.from, start + inset), to: Math.min(range.to, end - inset) };
}

/** The other filters; undefined when one has a value it cannot have. `filter[graphql]=true` EXCLUDES GraphQL. */
function readFilters(
  account: Account,
  query: URLSearchParams,
): ((row: AccessLogRow) => boolean) | undefined {
  const now = account.clock.now();
  const userId = query.get('filter[user_id]');
  const path = query.get('filter[path]');
  const browserUrl = query.get('filter[browser_url]');
  const graphql = query.get('filter[graphql]');
  if (userId !== null && !/^-?\d+$/.test(userId)) return undefined;
  if (graphql !== null && graphql !== 'true') return undefined;
  return (row) =>
    row.visibleAtMs <= now &&
    (userId === null || row.userId === Number(userId)) &&
    (path === null || row.url.split('?', 1)[0] === path) &&
    (browserUrl === null || row.referer === browserUrl) &&
    (graphql === null || row.kind !== undefined);
}

/** The envelope (contract 4.2); its links repeat the filters, with brackets as they are. */
function writeAccessPage(page: Page, { origin, query }: ApiRequest): string {
  const kept = [...query].filter(([name]) => !/^(page|filter)\[(after|before)\]$/.test(name));
  const link = (direction: string, cursor: string): string => {
    const parameters = [...kept, [`page[${direction}]`, cursor] as const];
    const text = parameters
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    return `${origin}/api/v2/access_logs?${text}`;
  };
  const { hasMore, hasBefore, afterCursor, beforeCursor } = page;
  const links = {
    next: hasMore && afterCursor !== null ? link('after', afterCursor) : null,
    prev: hasBefore && beforeCursor !== null ? link('before', beforeCursor) : null,
  };
  const meta = {
    after_cursor: afterCursor,
    before_cursor: beforeCursor,
    has_before: hasBefore,
    has_more: hasMore,
  };
  return `{"access_logs":[${page.rows.join(',')}],"links":${JSON.stringify(links)},"meta":${JSON.stringify(meta)}}`;
}
