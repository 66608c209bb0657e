import { formatSecond } from '../clock.ts';
import { answerJson, NO_RECORD, SUPPORT } from '../http/answers.ts';
import { comparePositions, type Position } from '../http/cursors.ts';
import { readIds, matchPath, type Endpoint } from '../http/endpoints.ts';
import { answerList, createSupportPaging, type Listing, type PageAsked } from '../http/paging.ts';
import type { SimulatedAccount } from './account.ts';
import { CUSTOMERS, type SimulatedPerson } from './people.ts';

/** A user as the API shows it (contract 5.1). */
export type UserRecord = {
  readonly id: number;
  readonly url: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: 'end-user' | 'agent' | 'admin';
  /** 0 custom, 1 light, 2 chat, 3 chat contributor, 4 admin, 5 billing admin; null for end users and plain agents. */
  readonly role_type: number | null;
  readonly custom_role_id: number | null;
  /** False: deleted. */
  readonly active: boolean;
  readonly suspended: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_login_at: string | null;
  readonly time_zone: string;
  readonly iana_time_zone: string;
  readonly locale: string;
  readonly [field: string]: unknown;
};

type Role = { readonly type: number; readonly id: number; readonly name: string };

const ADMINISTRATOR: Role = { type: 4, id: 1_500_008_666_999, name: 'Administrator' };

/** The custom roles of the account, by job; `role=` takes such a name too (contract 5.1). */
const ROLES: Partial<Record<SimulatedPerson['job'], Role>> = {
  'light-agent': { type: 1, id: 1_500_008_664_999, name: 'Light agent' },
  'custom-role': { type: 0, id: 1_500_008_665_999, name: 'Team lead' },
  admin: ADMINISTRATOR,
  integration: ADMINISTRATOR,
};

const DAY_SECONDS = 86_400;

/** The state of a person at that time. */
function standingOf(person: SimulatedPerson, now: number): 'team' | 'customer' | 'deleted' {
  if (person.job === 'customer') return 'customer';
  if (person.leavesAtMs > now) return 'team';
  return person.onLeaving === 'demoted' ? 'customer' : 'deleted';
}

/** When the user was last changed, seconds: users change every few days, the last time when they leave. */
function updatedSecondOf(person: SimulatedPerson, now: number): number {
  const periodSeconds = (person.job === 'customer' ? 40 : 3) * DAY_SECONDS;
  const end = Math.floor(Math.min(now, person.leavesAtMs) / 1000);
  if (person.leavesAtMs <= now) return end;
  const phase = person.id % periodSeconds;
  const latest = Math.floor((end - phase) / periodSeconds) * periodSeconds + phase;
  return Math.max(latest, Math.floor(person.joinedAtMs / 1000));
}

function buildUser(person: SimulatedPerson, now: number, subdomain: string): UserRecord {
  const standing = standingOf(person, now);
  const updated = updatedSecondOf(person, now);
  const role = standing === 'customer' ? undefined : ROLES[person.job];
  const isAdmin = role === ADMINISTRATOR;
  return {
    id: person.id,
    url: `https://${subdomain}.zendesk.com/api/v2/users/${person.id}.json`,
    name: person.name,
    email: standing === 'deleted' ? null : person.email,
    role: standing === 'customer' ? 'end-user' : isAdmin ? 'admin' : 'agent',
    role_type: role?.type ?? null,
    custom_role_id: role?.id ?? null,
    active: standing !== 'deleted',
    suspended: person.suspended,
    created_at: formatSecond(Math.floor(person.joinedAtMs / 1000)),
    updated_at: formatSecond(updated),
    last_login_at: person.job === 'customer' ? null : formatSecond(updated - 9),
    time_zone: person.zone.name,
    iana_time_zone: person.zone.iana,
    locale: person.zone.locale,
    two_factor_auth_enabled: null,
    phone: null,
    alias: null,
    default_group_id: standing === 'team' ? 1_500_003_172_999 : null,
    restricted_agent: role?.type === 1,
    moderator: isAdmin,
    shared: false,
    tags: [],
    user_fields: {},
  };
}

/** Everybody who is or was a team member, as the API shows them now. */
export function listTeam({ people, clock, options }: SimulatedAccount): UserRecord[] {
  const now = clock.now();
  return people.teamEver(now).map((person) => buildUser(person, now, options.subdomain));
}

/** All users of the account now, including deleted ones, by id. */
function listEverybody(account: SimulatedAccount): UserRecord[] {
  const { people, clock, options } = account;
  const customers = Array.from({ length: CUSTOMERS }, (_, index) =>
    buildUser(people.customer(index), clock.now(), options.subdomain),
  );
  return [...listTeam(account), ...customers].toSorted((a, b) => a.id - b.id);
}

const PATH = '/api/v2/users';
const PAGING = createSupportPaging(['id', 'updated_at', '-updated_at']);

type UserEntry = Position & { readonly user: UserRecord };

/** The users that a request asks for: without deleted ones, but with suspended ones. */
function describeList(
  account: SimulatedAccount,
  query: URLSearchParams,
  asked: PageAsked,
): Listing<UserEntry> {
  const isWanted = readRoles(query);
  const isById = asked.style === 'offset' || asked.order === 'id';
  const entries = listEverybody(account)
    .filter((user) => user.active && isWanted(user))
    .map((user): UserEntry => {
      const second = isById ? 0 : Date.parse(user.updated_at) / 1000;
      return { second, id: user.id, user };
    });
  return {
    name: 'users',
    path: PATH,
    range: { from: 0, to: Number.MAX_SAFE_INTEGER - 1 },
    scan(direction, start, visit) {
      const compare = (a: Position, b: Position): number => comparePositions(a, b) * direction;
      for (const entry of entries.toSorted(compare))
        if ((start === undefined || compare(entry, start) > 0) && visit(entry)) return;
    },
    format: ({ user }) => JSON.stringify(user),
  };
}

function readRoles(query: URLSearchParams): (user: UserRecord) => boolean {
  const wanted = [...query.getAll('role'), ...query.getAll('role[]')];
  const permissionSet = query.get('permission_set');
  return ({ role, custom_role_id }) => {
    const custom = Object.values(ROLES).find(({ id }) => id === custom_role_id)?.name ?? role;
    return (
      (wanted.length === 0 || wanted.includes(role) || wanted.includes(custom)) &&
      (permissionSet === null || permissionSet === String(custom_role_id))
    );
  };
}

/** `GET /api/v2/users/me`: 200 with an anonymous user for missing credentials (contract 0.5). */
function describeMe({ people, clock, options }: SimulatedAccount, isAnonymous: boolean): object {
  if (!isAnonymous) return buildUser(people.integration, clock.now(), options.subdomain);
  return {
    id: null,
    name: 'Anonymous user',
    email: 'invalid@example.com',
    role: 'end-user',
    active: null,
  };
}

/** The endpoints of `/api/v2/users` (contract 5). */
export function createUserEndpoints(account: SimulatedAccount): readonly Endpoint[] {
  const usual = {
    method: 'GET',
    stream: 'users',
    service: SUPPORT,
    gate: account.supportGate,
    scopes: ['read', 'users:read'],
    pageSize: PAGING.defaultSize,
  } as const;
  return [
    {
      ...usual,
      path: matchPath(PATH),
      answer: (request) =>
        answerList(request, PAGING, account.faults, (asked) =>
          describeList(account, request.query, asked),
        ),
    },
    {
      ...usual,
      path: matchPath(`${PATH}/show_many`),
      // Unknown ids are missing, and the order is not the one asked for (contract 5.2).
      answer({ query }) {
        const ids = readIds(query);
        if ('status' in ids) return ids;
        const includeDeleted = query.get('include_deleted') === 'true';
        const users = listEverybody(account).filter(
          (user) => ids.has(String(user.id)) && (user.active || includeDeleted),
        );
        return answerJson(200, { users });
      },
    },
    {
      ...usual,
      path: matchPath(`${PATH}/me`),
      scopes: 'anonymous',
      answer: ({ authorization }) =>
        answerJson(200, { user: describeMe(account, authorization === undefined) }),
    },
    {
      ...usual,
      path: matchPath(`${PATH}/{id}`),
      answer(request) {
        const user = listEverybody(account).find(({ id }) => id === request.id);
        return user === undefined ? NO_RECORD : answerJson(200, { user });
      },
    },
  ];
}
