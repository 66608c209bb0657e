import { CUSTOMERS, type People, type Person } from './people.ts';
import { formatSecond } from './clock.ts';

/** A user as the API shows it (contract 5.1). */
export interface UserRecord {
  id: number;
  url: string;
  name: string;
  email: string | null;
  role: 'end-user' | 'agent' | 'admin';
  /** 0 custom, 1 light, 2 chat, 3 chat contributor, 4 admin, 5 billing admin; null for end users and plain agents. */
  role_type: number | null;
  custom_role_id: number | null;
  /** False: deleted. */
  active: boolean;
  suspended: boolean;
  created_at: string;
  updated_at: string;
  last_login_at: string | null;
  time_zone: string;
  iana_time_zone: string;
  locale: string;
  [field: string]: unknown;
}

/** The custom roles of the account, by name; `role=` takes such a name too (contract 5.1). */
export const CUSTOM_ROLES: readonly { id: number; name: string }[] = [
  { id: 1_500_008_664_999, name: 'Light agent' },
  { id: 1_500_008_665_999, name: 'Team lead' },
  { id: 1_500_008_666_999, name: 'Administrator' },
];

const DAY_SECONDS = 86_400;
const ROLE_TYPES: Partial<Record<Person['job'], { type: number; customRole: number }>> = {
  'light-agent': { type: 1, customRole: 0 },
  'custom-role': { type: 0, customRole: 1 },
  admin: { type: 4, customRole: 2 },
  integration: { type: 4, customRole: 2 },
};

/** What became of a person by that time. */
export function standingOf(person: Person, now: number): 'team' | 'customer' | 'deleted' {
  if (person.job === 'customer') return 'customer';
  if (person.leavesAtMs > now) return 'team';
  return person.onLeaving === 'demoted' ? 'customer' : 'deleted';
}

/** When the user was last changed, seconds: users change every few days, and on leaving for the last time. */
function updatedSecondOf(person: Person, now: number): number {
  const periodSeconds = (person.job === 'customer' ? 40 : 3) * DAY_SECONDS;
  const end = Math.floor(Math.min(now, person.leavesAtMs) / 1000);
  if (person.leavesAtMs <= now) return end;
  const phase = person.id % periodSeconds;
  const latest = Math.floor((end - phase) / periodSeconds) * periodSeconds + phase;
  return Math.max(latest, Math.floor(person.joinedAtMs / 1000));
}

/** Describes a person as the API does at that time. */
export function buildUser(person: Person, now: number, subdomain: string): UserRecord {
  const standing = standingOf(person, now);
  const updated = updatedSecondOf(person, now);
  const roleType = standing === 'customer' ? undefined : ROLE_TYPES[person.job];
  const isAdmin = roleType?.type === 4;
  return {
    id: person.id,
    url: `https://${subdomain}.zendesk.com/api/v2/users/${person.id}.json`,
    name: person.name,
    email: standing === 'deleted' ? null : person.email,
    role: standing === 'customer' ? 'end-user' : isAdmin ? 'admin' : 'agent',
    role_type: roleType?.type ?? null,
    custom_role_id: roleType === undefined ? null : (CUSTOM_ROLES[roleType.customRole]?.id ?? null),
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
    restricted_agent: roleType?.type === 1,
    moderator: isAdmin,
    shared: false,
    tags: [],
    user_fields: {},
  };
}

/** All users of the account at that time, deleted ones included, by id. */
export function buildAllUsers(people: People, now: number, subdomain: string): UserRecord[] {
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => people.customer(index));
  const everybody = [...people.teamEver(now), ...customers];
  return everybody
    .map((person) => buildUser(person, now, subdomain))
    .toSorted((a, b) => a.id - b.id);
}
