import type { users as schema } from '../database/schema/users.ts';
import {
  bigint,
  boolean,
  createFieldReader,
  keyText,
  moment,
  readBigintId,
  readRecord,
  smallint,
  text,
  type Field,
} from './fields.ts';
import { cursorPaging } from '../zendesk/paging.ts';
import type { ListingStream, Parameters } from './stream.ts';
import { supportBudget } from './support-budget.ts';

/** The columns that a record fills; fields that no question needs (phone, notes, tags …) are personal data and not kept. */
const columns = {
  name: text,
  email: keyText,
  role: text,
  role_type: smallint,
  custom_role_id: bigint,
  active: boolean,
  suspended: boolean,
  time_zone: text,
  iana_time_zone: text,
  locale: text,
  created_at: moment,
  updated_at: moment,
  last_login_at: moment,
} satisfies Partial<Record<keyof (typeof schema)['$inferInsert'], Field<unknown>>>;

/** The people: agents and admins; Zendesk leaves out deleted people (contract 5.1). */
export const users: ListingStream = {
  kind: 'listing',
  name: 'users',
  title: 'users',
  members: 'people',
  budget: supportBudget,
  schedule: {
    name: 'USERS_SCHEDULE',
    cron: '0 * * * *',
    demoCron: '0 * * * * *',
    meaning: 'when the team members are pulled: cron, UTC',
  },
  needs: {
    name: '/api/v2/users',
    role: 'agent or admin',
    entitlement: 'it needs the role agent or admin',
    wayOut: 'check the role of the user whose credentials are used',
    code: 'role_missing',
  },
  scope: undefined,
  source: {
    path: '/api/v2/users',
    paging: cursorPaging('users'),
    pageSize: 100,
    parameters: [
      ['role[]', 'agent'],
      ['role[]', 'admin'],
    ],
  },
};

/** How people are looked up by id, at most a hundred at once, including deleted ones (contract 5.2). */
export const lookup = {
  path: '/api/v2/users/show_many',
  itemsKey: 'users',
  batch: 100,
  parameters: (ids: readonly string[]): Parameters => [
    ['ids', ids.join(',')],
    ['include_deleted', 'true'],
  ],
} as const;

/** A person as a row of the table `zendesk.users`. */
export type UserRow = { readonly id: string; readonly team_member: boolean } & {
  readonly [Name in keyof typeof columns]: (typeof columns)[Name] extends Field<infer Value>
    ? Value | null
    : never;
};

const readFields = createFieldReader(columns, ['id']);

/** Reads a user. What does not fit its column is personal data too, and not kept. @throws {KnownError} `record_unreadable` without a usable id */
export function readUser(value: unknown): UserRow {
  const record = readRecord(value, 'users');
  const id = readBigintId(record['id'], 'users');
  const { extra: _, ...row } = readFields(record);
  const isTeam = row['role'] === 'agent' || row['role'] === 'admin';
  return { ...row, id, team_member: isTeam && row['active'] !== false } as UserRow;
}
