import type { Needs } from '../zendesk/refusal.ts';
import type { PageRequest } from '../zendesk/request.ts';
import { cursorPaging } from '../zendesk/paging.ts';
import { supportGroup } from './budget-groups.ts';
import {
  createExtra,
  readBigint,
  readBoolean,
  readId,
  readOptionalTime,
  readRecord,
  readSmallint,
  readText,
} from './record.ts';

/** A person as the table `zendesk.users` takes it. */
export type UserRow = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly team_member: boolean;
};

/** What access to the endpoints takes that every agent may read. */
export function agentNeeds(path: string): Needs {
  return {
    name: path,
    role: 'agent or admin',
    entitlement: 'it needs the role agent or admin',
    wayOut: 'check the role of the user whose credentials are used',
    code: 'role_missing',
  };
}

/** How the team is listed: agents and admins; deleted people are left out by Zendesk (contract 5.1). */
export const teamListing = {
  group: supportGroup,
  path: '/api/v2/users',
  paging: cursorPaging('users'),
  needs: agentNeeds('/api/v2/users'),
  pageSize: 100,
  parameters: [
    ['role[]', 'agent'],
    ['role[]', 'admin'],
  ],
} as const satisfies Omit<PageRequest, 'priority' | 'cursor'>;

/** How people are looked up by id, at most a hundred at once, deleted ones included (contract 5.2). */
export const lookup = {
  path: '/api/v2/users/show_many',
  itemsKey: 'users',
  batch: 100,
  parameters: (ids: readonly string[]): readonly (readonly [string, string])[] => [
    ['ids', ids.join(',')],
    ['include_deleted', 'true'],
  ],
} as const;

/** Reads a user. Fields that nobody asks the logs for (phone, notes, tags …) are not kept: they are personal data. */
export function readUser(value: unknown): UserRow {
  const record = readRecord(value, 'users');
  const id = readId(record['id'], 'users');
  // What does not fit its column is personal data too; it is not worth keeping for people.
  const extra = createExtra();
  const role = readText(record['role'], 'role', extra);
  const active = readBoolean(record['active']);
  return {
    id,
    name: readText(record['name'], 'name', extra),
    email: readText(record['email'], 'email', extra),
    role,
    role_type: readSmallint(record['role_type'], 'role_type', extra),
    custom_role_id: readBigint(record['custom_role_id'], 'custom_role_id', extra),
    active,
    suspended: readBoolean(record['suspended']),
    team_member: (role === 'agent' || role === 'admin') && active !== false,
    time_zone: readText(record['time_zone'], 'time_zone', extra),
    iana_time_zone: readText(record['iana_time_zone'], 'iana_time_zone', extra),
    locale: readText(record['locale'], 'locale', extra),
    created_at: readMoment(record['created_at']),
    updated_at: readMoment(record['updated_at']),
    last_login_at: readMoment(record['last_login_at']),
  };
}

function readMoment(value: unknown): string | null {
  return readOptionalTime(value) === null ? null : (value as string);
}
