import type { SimulatedAccount } from '../../account/account.ts';
import { instant, within } from '../../checks.ts';
import { parseSecond } from '../../clock.ts';
import {
  answerJson,
  answerPlain,
  answerText,
  NO_RECORD,
  withHeaders,
  type SimulatedAnswer,
} from '../../http/answers.ts';
import { matchPath, type Endpoint } from '../../http/endpoints.ts';
import { createWindowLimit } from '../../http/limits.ts';
import { createSupportPaging } from '../../http/paging.ts';
import { openLog, type LogFilter, type SimulatedLog } from '../log.ts';
import { formatAuditLog, type AuditLogRow } from './record.ts';
import { createAuditLogSource } from './source.ts';

/** The erasure of a user's personal data from the audit log (contract Q7). */
type Erasure = {
  /** From this instant on (by the simulator's clock) the records are returned without the data; a `Date` or ISO 8601. */
  readonly after: Date | string;
  /** Whose data; by default the team member who was deleted last before `after`. */
  readonly userId?: number;
};

/** The options of the audit log of a simulated account. */
type AuditLogOptions = {
  /** How long before `anchor` the account was created, 0 to 1,800 days; default 365. */
  readonly auditLogDays: number;
  /** Mean over a week, 0 (no rows) to 500,000; default 150. */
  readonly auditLogRowsPerDay: number;
  /** Whose personal data is erased, and when; default nobody's. */
  readonly erasure: Erasure | null;
};

const NAME = 'audit_logs';
const PATH = '/api/v2/audit_logs';

/** `GET /api/v2/audit_logs` and the paths below it (contract 1, 2 and 3). */
export const auditLogs: SimulatedLog<AuditLogOptions> = {
  name: NAME,
  defaults: { auditLogDays: 365, auditLogRowsPerDay: 150, erasure: null },
  checks: {
    auditLogDays: within(0, 1800),
    auditLogRowsPerDay: within(0, 500_000),
    'erasure.after': instant,
  },
  open(account, options) {
    const { subdomain } = account.options;
    const source = createAuditLogSource({ ...account.options, ...options }, account.people);
    const createFormat = (): ((row: AuditLogRow) => string) => {
      const erasedUserId = findErased(account, options.erasure);
      return (row) => formatAuditLog(row, subdomain, erasedUserId);
    };
    const log = openLog(account, {
      name: NAME,
      path: PATH,
      hasJsonForm: true,
      scopes: ['read', 'auditlogs:read'],
      gate: account.supportGate,
      paging: createSupportPaging(['-created_at', 'created_at']),
      days: options.auditLogDays,
      retentionDays: Infinity,
      source,
      readFilter,
      createFormat,
    });
    const show: Endpoint = {
      ...log.list,
      path: matchPath(`${PATH}/{id}`),
      answer({ id }) {
        const row = source.find(id);
        if (row === undefined || !log.isShown(row)) return NO_RECORD;
        return answerText(200, `{"audit_log":${createFormat()(row)}}`);
      },
    };
    const exporting: Endpoint = {
      ...log.list,
      method: 'POST',
      scopes: ['write'],
      path: matchPath(`${PATH}/export`),
      answer: createExport(account),
    };
    return { ...log, endpoints: [log.list, show, exporting] };
  },
};

/** `POST /api/v2/audit_logs/export`: one a minute; the file is delivered in another way (contract 3). */
function createExport({ limit }: SimulatedAccount): Endpoint['answer'] {
  const perMinute = limit(createWindowLimit, 1);
  return ({ arrivedMs }) => {
    const { admitted, remaining, resetsInMs } = perMinute.admit(arrivedMs);
    const resets = Math.ceil(resetsInMs / 1000);
    const told = `total=1; remaining=${remaining}; resets=${resets}`;
    const header = { 'zendesk-ratelimit-audit-logs-export': told };
    if (admitted) return withHeaders(answerJson(202, null), header);
    const refusal =
      'Rate limit for Audit log CSV Export exceeded. Please wait 1 minute and try again.';
    return withHeaders(answerPlain(429, refusal), { ...header, 'retry-after': String(resets) });
  };
}

/** Whose personal data is erased by now, if anybody's. */
function findErased(
  { clock, people }: SimulatedAccount,
  erasure: Erasure | null,
): number | undefined {
  if (erasure === null) return undefined;
  const afterMs = new Date(erasure.after).getTime();
  if (clock.now() < afterMs) return undefined;
  if (erasure.userId !== undefined) return erasure.userId;
  const deleted = people
    .teamEver(afterMs)
    .filter(({ onLeaving, leavesAtMs }) => onLeaving === 'deleted' && leavesAtMs <= afterMs);
  return deleted.toSorted((a, b) => a.leavesAtMs - b.leavesAtMs).at(-1)?.id;
}

/** Reads the filters (contract 1.1); unknown ones are ignored. */
function readFilter(query: URLSearchParams): LogFilter<AuditLogRow> | SimulatedAnswer {
  const sent = (name: string): string | null => query.get(`filter[${name}]`);
  const bounds = [...query.getAll('filter[created_at][]'), ...query.getAll('filter[created_at]')];
  const [from, to] = bounds.length < 2 ? [-Infinity, Infinity] : bounds.map(parseSecond);
  if (from === undefined || to === undefined)
    return answerJson(400, {
      error: 'InvalidValue',
      description: 'filter[created_at] is not valid',
    });
  const actorId = sent('actor_id');
  const ipAddress = sent('ip_address');
  const sourceType = sent('source_type');
  const sourceId = sourceType === null ? null : sent('source_id');
  const actions = [...query.getAll('filter[action]'), ...query.getAll('filter[action][]')];
  return {
    from,
    to,
    isWanted: ({ change }) =>
      (actorId === null || String(change.actorId) === actorId) &&
      (ipAddress === null || change.ipAddress === ipAddress) &&
      (sourceType === null || change.sourceType === sourceType) &&
      (sourceId === null || String(change.sourceId) === sourceId) &&
      (actions.length === 0 || actions.includes(change.action)),
  };
}
