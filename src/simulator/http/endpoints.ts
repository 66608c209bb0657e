import { exportAuditLogs, listAuditLogs, showAuditLog } from './audit-logs.ts';
import { listAccessLogs } from './access-logs.ts';
import { listUsers, showManyUsers, showMe, showUser } from './users.ts';
import { showManyTickets } from './tickets.ts';
import { mintToken } from './oauth.ts';
import type { Account, ApiRequest } from './account.ts';
import type { Answer, Stack } from './answers.ts';
import type { FaultStream } from './faults.ts';

/** An endpoint of the account. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Tells whether a path without query is this endpoint's. */
  readonly path: RegExp;
  readonly stream: FaultStream;
  readonly stack: Stack;
  /** Any one of these scopes opens it; undefined: no credentials are asked for. */
  readonly scopes: readonly string[] | undefined;
  /** `nowMs` is a clock that never goes back, for limits. */
  readonly answer: (account: Account, request: ApiRequest, nowMs: number) => Answer;
}

const AUDIT = {
  stream: 'audit_logs',
  stack: 'support',
  scopes: ['read', 'auditlogs:read'],
} as const;
const USERS = { stream: 'users', stack: 'support', scopes: ['read', 'users:read'] } as const;

/** All endpoints, more exact paths first. Access logs have no `.json` form and need the broad scope (contract 4.1, 6.1). */
const ROUTES: readonly Route[] = [
  { ...AUDIT, method: 'GET', path: /^\/api\/v2\/audit_logs(\.json)?$/, answer: listAuditLogs },
  {
    ...AUDIT,
    method: 'POST',
    path: /^\/api\/v2\/audit_logs\/export(\.json)?$/,
    answer: exportAuditLogs,
  },
  { ...AUDIT, method: 'GET', path: /^\/api\/v2\/audit_logs\/\d+(\.json)?$/, answer: showAuditLog },
  {
    method: 'GET',
    path: /^\/api\/v2\/access_logs$/,
    stream: 'access_logs',
    stack: 'access',
    scopes: ['read'],
    answer: listAccessLogs,
  },
  { ...USERS, method: 'GET', path: /^\/api\/v2\/users(\.json)?$/, answer: listUsers },
  {
    ...USERS,
    method: 'GET',
    path: /^\/api\/v2\/users\/show_many(\.json)?$/,
    answer: showManyUsers,
  },
  {
    ...USERS,
    method: 'GET',
    path: /^\/api\/v2\/users\/me(\.json)?$/,
    scopes: undefined,
    answer: showMe,
  },
  { ...USERS, method: 'GET', path: /^\/api\/v2\/users\/\d+(\.json)?$/, answer: showUser },
  {
    method: 'GET',
    path: /^\/api\/v2\/tickets\/show_many(\.json)?$/,
    stream: 'tickets',
    stack: 'support',
    scopes: ['read', 'tickets:read'],
    answer: showManyTickets,
  },
  {
    method: 'POST',
    path: /^\/oauth\/tokens$/,
    stream: 'oauth',
    stack: 'oauth',
    scopes: undefined,
    answer: mintToken,
  },
];

/** The endpoint of a request; undefined when there is none. */
export function findRoute(method: string, path: string): Route | undefined {
  return ROUTES.find((route) => route.method === method && route.path.test(path));
}
