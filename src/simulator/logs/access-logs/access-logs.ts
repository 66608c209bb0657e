import { within, whole } from '../../checks.ts';
import { parseSecond } from '../../clock.ts';
import { ACCESS, refuseAccessQuery, type SimulatedAnswer } from '../../http/answers.ts';
import { createAccessGate, createSlidingLimit, type ResetForm } from '../../http/limits.ts';
import type { ListPage } from '../../http/cursors.ts';
import { readCount, readSort, writeLinks, type PageAsked } from '../../http/paging.ts';
import { openLog, type LogFilter, type SimulatedLog } from '../log.ts';
import { formatAccessLog, type AccessLogRow } from './record.ts';
import { createAccessLogSource } from './source.ts';

/** The options of the access log of a simulated account. */
type AccessLogOptions = {
  /** How long before `anchor` the access log was switched on, 0 to 90 days; default 30. */
  readonly accessLogDays: number;
  /** Mean over a week, 0 (no rows) to 5,000,000; default 5,000. */
  readonly accessLogRowsPerDay: number;
  /**
   * Additional rows a minute from the first full minute after `anchor` on, at all hours, for live tests; 0 (default) to
   * 10,000.
   */
  readonly accessLogLiveRowsPerMinute: number;
  /** Default 50 (contract 4.3). */
  readonly accessLogsRequestsPerMinute: number;
  /** How a 429 for access logs writes its wait in `ratelimit-reset` (contract 4.3, Q15); default `date`. */
  readonly accessLogsResetForm: ResetForm;
};

const NAME = 'access_logs';
const DEFAULT_SIZE = 1000;
const MAX_SIZE = 2500;

/** `GET /api/v2/access_logs` (contract 4): another service, with its own sizes, order, parameters and envelope. */
export const accessLogs: SimulatedLog<AccessLogOptions> = {
  name: NAME,
  defaults: {
    accessLogDays: 30,
    accessLogRowsPerDay: 5000,
    accessLogLiveRowsPerMinute: 0,
    accessLogsRequestsPerMinute: 50,
    accessLogsResetForm: 'date',
  },
  checks: {
    accessLogDays: within(0, 90),
    accessLogRowsPerDay: within(0, 5_000_000),
    accessLogLiveRowsPerMinute: within(0, 10_000),
    accessLogsRequestsPerMinute: whole(1, 100_000),
  },
  open(account, options) {
    const { clock, anchorMs, people } = account;
    const limit = account.limit(createSlidingLimit, options.accessLogsRequestsPerMinute);
    return openLog(account, {
      name: NAME,
      path: '/api/v2/access_logs',
      // No `.json`, and only the broad scope (contract 4.1 and 6.1).
      hasJsonForm: false,
      scopes: ['read'],
      gate: createAccessGate(limit, options.accessLogsResetForm, clock),
      paging: { service: ACCESS, defaultSize: DEFAULT_SIZE, read: readPage, write: writePage },
      days: options.accessLogDays,
      retentionDays: 90,
      source: createAccessLogSource({ ...account.options, ...options, anchorMs }, people),
      readFilter,
      createFormat: () => formatAccessLog,
    });
  },
};

function readPage(query: URLSearchParams): PageAsked | SimulatedAnswer {
  const sizeText = query.get('page[size]');
  const size = sizeText === null ? DEFAULT_SIZE : readCount(sizeText);
  if (size === undefined) return refuseAccessQuery('page size must be a positive number');
  if (size > MAX_SIZE) return refuseAccessQuery(`max allowed page size is ${MAX_SIZE}`);
  const sort = query.get('sort');
  if (sort !== null && sort !== '-created_at') return refuseAccessQuery('sort must be -created_at');
  const after = query.get('page[after]') ?? query.get('filter[after]');
  const before = query.get('page[before]') ?? query.get('filter[before]');
  return { style: 'cursor', size, ...readSort(sort ?? 'created_at'), after, before };
}

/** The envelope (contract 4.2); its links repeat the filters, with brackets as they are. */
function writePage(name: string, page: ListPage, base: string, query: URLSearchParams): string {
  const kept = [...query].filter(([key]) => !/^(page|filter)\[(after|before)\]$/.test(key));
  const link = (direction: string, cursor: string): string => {
    const parameters = [...kept, [`page[${direction}]`, cursor] as const];
    const texts = parameters.map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    return `${base}?${texts.join('&')}`;
  };
  const meta = JSON.stringify({
    after_cursor: page.linkOnly === true ? null : page.afterCursor,
    before_cursor: page.beforeCursor,
    has_before: page.hasBefore,
    has_more: page.hasMore,
  });
  return `{"${name}":[${page.rows.join(',')}],"links":${writeLinks(page, link)},"meta":${meta}}`;
}

/** The window and the other filters (contract 4.1). `filter[graphql]=true` EXCLUDES GraphQL. */
function readFilter(query: URLSearchParams): LogFilter<AccessLogRow> | SimulatedAnswer {
  const sent = (name: string): string | null => query.get(`filter[${name}]`);
  const from = readBound(sent('start'), -Infinity);
  const to = readBound(sent('end'), Infinity);
  const userId = sent('user_id');
  const path = sent('path');
  const browserUrl = sent('browser_url');
  const graphql = sent('graphql');
  const isValid =
    (userId === null || /^-?\d+$/.test(userId)) && (graphql === null || graphql === 'true');
  if (from === undefined || to === undefined || !isValid)
    return refuseAccessQuery('invalid filter');
  return {
    from,
    to,
    isWanted: (row) =>
      (userId === null || row.userId === Number(userId)) &&
      (path === null || row.url.split('?', 1)[0] === path) &&
      (browserUrl === null || row.referer === browserUrl) &&
      (graphql === null || row.kind !== undefined),
  };
}

function readBound(text: string | null, otherwise: number): number | undefined {
  return text === null ? otherwise : parseSecond(text);
}
