import {
  answerJson,
  answerNoRecord,
  answerText,
  refusePagination,
  type Answer,
} from './answers.ts';
import { buildAllUsers, buildUser, CUSTOM_ROLES, type UserRecord } from './user-records.ts';
import { comparePositions, type Position } from './log-source.ts';
import { makePage, readCursors } from './pages.ts';
import { readSupportPaging, writeOffsetPage, writeSupportPage } from './pagination.ts';
import type { Account, ApiRequest } from './account.ts';

const SORTS = ['id', 'updated_at', '-updated_at'];
const ORDERS = new Map([
  ['id', 'id'],
  ['updated_at', 'updated_at,id'],
  ['-updated_at', '-updated_at,-id'],
]);
const MAX_IDS = 100;

interface Entry extends Position {
  readonly user: UserRecord;
}

function formatEntry(entry: Entry): string {
  return JSON.stringify(entry.user);
}

function allUsers({ people, clock, options }: Account): UserRecord[] {
  return buildAllUsers(people, clock.now(), options.subdomain);
}

/** `GET /api/v2/users` (contract 5.1): deleted users are left out, suspended ones are not. */
export function listUsers(account: Account, request: ApiRequest): Answer {
  const { query, origin } = request;
  const paging = readSupportPaging(query, SORTS);
  if ('status' in paging) return paging;
  const isWanted = readRoles(query);
  const users = allUsers(account).filter((user) => user.active && isWanted(user));
  const base = `${origin}/api/v2/users`;
  if (paging.style === 'offset') {
    const { page, perPage } = paging;
    const rows = users
      .slice((page - 1) * perPage, page * perPage)
      .map((user) => JSON.stringify(user));
    return answerText(
      200,
      writeOffsetPage('users', rows, users.length, { base, query, page, perPage }),
    );
  }
  const { sort, size } = paging;
  const order = ORDERS.get(sort) ?? 'id';
  const sent = readCursors(order, paging.after, paging.before);
  if (typeof sent === 'string') return refusePagination(`page[${sent}] is not valid`);
  const direction = sort === '-updated_at' ? -1 : 1;
  const compare = (a: Position, b: Position): number => comparePositions(a, b) * direction;
  const entries = users
    .map((user): Entry => ({
      second: sort === 'id' ? 0 : Date.parse(user.updated_at) / 1000,
      id: user.id,
      user,
    }))
    .toSorted(compare);
  const { after, before } = sent;
  const isBackwards = after === undefined && before !== undefined;
  const left = isBackwards
    ? entries.filter((entry) => compare(entry, before) < 0)
    : entries.filter((entry) => after === undefined || compare(entry, after) > 0);
  const rows = isBackwards ? left.slice(-size) : left.slice(0, size);
  const start = { second: direction === 1 ? -1 : Number.MAX_SAFE_INTEGER, id: 0 };
  const hasMore = left.length > size;
  const page = makePage(account, request, rows, hasMore, formatEntry, { order, sent, start });
  return answerText(200, writeSupportPage('users', page, base, query));
}

function readRoles(query: URLSearchParams): (user: UserRecord) => boolean {
  const roles = [...query.getAll('role'), ...query.getAll('role[]')];
  const permissionSet = query.get('permission_set');
  return (user) => {
    const customRole = CUSTOM_ROLES.find((role) => role.id === user.custom_role_id)?.name;
    const hasRole = roles.some((role) => role === user.role || role === customRole);
    return (
      (roles.length === 0 || hasRole) &&
      (permissionSet === null || permissionSet === String(user.custom_role_id))
    );
  };
}

/** `GET /api/v2/users/show_many?ids=` (contract 5.2): unknown ids are missing, the order is not the one asked. */
export function showManyUsers(account: Account, request: ApiRequest): Answer {
  const ids = new Set((request.query.get('ids') ?? '').split(',').filter((id) => /^\d+$/.test(id)));
  if (ids.size === 0)
    return answerJson(400, { error: 'RequiredParameterMissing', description: 'ids is missing' });
  if (ids.size > MAX_IDS)
    return answerJson(400, {
      error: 'TooManyValues',
      description: `ids can hold at most ${MAX_IDS} values`,
    });
  const includeDeleted = request.query.get('include_deleted') === 'true';
  const users = allUsers(account).filter(
    (user) => ids.has(String(user.id)) && (user.active || includeDeleted),
  );
  return answerJson(200, { users });
}

/** `GET /api/v2/users/{id}` (contract 5.4). */
export function showUser(account: Account, request: ApiRequest): Answer {
  const id = Number(/\/(\d+)(?:\.json)?$/.exec(request.path)?.[1]);
  const user = allUsers(account).find((candidate) => candidate.id === id);
  return user === undefined ? answerNoRecord() : answerJson(200, { user });
}

/** `GET /api/v2/users/me`: 200 with an anonymous user for missing credentials (contract 0.5). */
export function showMe(account: Account, request: ApiRequest): Answer {
  if (request.authorization === undefined) {
    const nobody = {
      id: null,
      name: 'Anonymous user',
      email: 'invalid@example.com',
      role: 'end-user',
      active: null,
    };
    return answerJson(200, { user: nobody });
  }
  const { people, clock, options } = account;
  return answerJson(200, { user: buildUser(people.integration, clock.now(), options.subdomain) });
}
