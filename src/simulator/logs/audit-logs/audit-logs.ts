import { buildAuditLog, type AuditLogRow } from './audit-log-text.ts';
import {
  answerJson,
  answerNoRecord,
  answerPlain,
  answerText,
  refusePagination,
  withHeaders,
  type Answer,
} from './answers.ts';
import { makePage, readCursors, startOf } from './pages.ts';
import { parseSecond } from './clock.ts';
import { readPage, scanRows, type Direction, type SecondRange } from './log-source.ts';
import {
  readSupportPaging,
  writeOffsetPage,
  writeSupportPage,
  type SupportPaging,
} from './pagination.ts';
import type { Account, ApiRequest } from './account.ts';

const SORTS = ['-created_at', 'created_at'];

interface AuditWish {
  readonly range: SecondRange;
  readonly isWanted: (row: AuditLogRow) => boolean;
}

/** `GET /api/v2/audit_logs` (contract 1). */
export function listAuditLogs(account: Account, request: ApiRequest): Answer {
  const paging = readSupportPaging(request.query, SORTS);
  if ('status' in paging) return paging;
  const wish = readWish(account, request.query);
  if ('status' in wish) return wish;
  return paging.style === 'cursor'
    ? listByCursor(account, request, wish, paging)
    : listByOffset(account, request, wish, paging);
}

function listByCursor(
  account: Account,
  request: ApiRequest,
  { range, isWanted }: AuditWish,
  paging: Extract<SupportPaging, { style: 'cursor' }>,
): Answer {
  const direction: Direction = paging.sort === 'created_at' ? 1 : -1;
  const order = direction === 1 ? 'created_at,id' : '-created_at,-id';
  const sent = readCursors(order, paging.after, paging.before);
  if (typeof sent === 'string') return refusePagination(`page[${sent}] is not valid`);
  const { after, before } = sent;
  const wish = { range, direction, size: paging.size, after, before, isShown: isWanted };
  const { rows, hasMore } = readPage(account.auditLogs, wish);
  const place = { order, sent, start: startOf(range, direction) };
  const page = makePage(account, request, rows, hasMore, formatFor(account), place);
  return answerText(
    200,
    writeSupportPage('audit_logs', page, `${request.origin}/api/v2/audit_logs`, request.query),
  );
}

function listByOffset(
  account: Account,
  request: ApiRequest,
  { range, isWanted }: AuditWish,
  { page, perPage }: Extract<SupportPaging, { style: 'offset' }>,
): Answer {
  const direction: Direction = request.query.get('sort_order') === 'asc' ? 1 : -1;
  const rows: AuditLogRow[] = [];
  let count = 0;
  scanRows(account.auditLogs, range, direction, undefined, (row) => {
    if (!isWanted(row)) return false;
    if (count >= (page - 1) * perPage && rows.length < perPage) rows.push(row);
    count++;
    return false;
  });
  const place = {
    base: `${request.origin}/api/v2/audit_logs`,
    query: request.query,
    page,
    perPage,
  };
  return answerText(200, writeOffsetPage('audit_logs', rows.map(formatFor(account)), count, place));
}

/** `GET /api/v2/audit_logs/{id}` (contract 2). */
export function showAuditLog(account: Account, request: ApiRequest): Answer {
  const id = Number(/\/(\d+)(?:\.json)?$/.exec(request.path)?.[1]);
  const row = account.auditLogs.find(id);
  const range = account.rangeOf('audit_logs');
  if (row === undefined || row.second < range.from || row.visibleAtMs > account.clock.now())
    return answerNoRecord();
  return answerText(200, `{"audit_log":${formatFor(account)(row)}}`);
}

/** `POST /api/v2/audit_logs/export`: one a minute, the file comes by another way (contract 3). */
export function exportAuditLogs(account: Account, _request: ApiRequest, nowMs: number): Answer {
  const { admitted, remaining, resetsInMs } = account.exportLimit.admit(nowMs);
  const resets = Math.ceil(resetsInMs / 1000);
  const header = {
    'zendesk-ratelimit-audit-logs-export': `total=1; remaining=${remaining}; resets=${resets}`,
  };
  const refusal =
    'Rate limit for Audit log CSV Export exceeded. Please wait 1 minute and try again.';
  if (!admitted)
    return withHeaders(answerPlain(429, refusal), { ...header, 'retry-after': String(resets) });
  return withHeaders(answerJson(202, null), header);
}

function formatFor(account: Account): (row: AuditLogRow) => string {
  const erased = account.erasedUserId();
  const { subdomain } = account.options;
  return (row) => JSON.stringify(buildAuditLog(row, subdomain, erased));
}

/** Reads the filters (contract 1.1); unknown ones, and `filter[created_at]` without the brackets, are ignored. */
function readWish(account: Account, query: URLSearchParams): AuditWish | Answer {
  const now = account.clock.now();
  let range = account.rangeOf('audit_logs');
  const bounds = query.getAll('filter[created_at][]');
  if (bounds.length >= 2) {
    const [from, to] = bounds.map(parseSecond);
    if (from === undefined || to === undefined)
      return answerJson(400, {
        error: 'InvalidValue',
        description: 'filter[created_at] is not valid',
      });
    const inset = account.options.inclusiveBounds ? 0 : 1;
    range = { from: Math.max(range.from, from + inset), to: Math.min(range.to, to - inset) };
  }
  const actorId = query.get('filter[actor_id]');
  const ipAddress = query.get('filter[ip_address]');
  const sourceType = query.get('filter[source_type]');
  const sourceId = sourceType === null ? null : query.get('filter[source_id]');
  const actions = [...query.getAll('filter[action]'), ...query.getAll('filter[action][]')];
  return {
    range,
    isWanted: ({ visibleAtMs, change }) =>
      visibleAtMs <= now &&
      (actorId === null || String(change.actorId) === actorId) &&
      (ipAddress === null || change.ipAddress === ipAddress) &&
      (sourceType === null || change.sourceType === sourceType) &&
      (sourceId === null || String(change.sourceId) === sourceId) &&
      (actions.length === 0 || actions.includes(change.action)),
  };
}
