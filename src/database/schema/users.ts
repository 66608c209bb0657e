import { sql } from 'drizzle-orm';
import { boolean, index, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';
import { zendesk } from './logs.ts';

/** One row a person: team members, and everybody else who appears in a log. Nobody is ever removed. */
export const users = zendesk.table(
  'users',
  {
    account: identifier().notNull(),
    id: bigId().notNull(),
    name: text(),
    email: text(),
    role: text(),
    role_type: smallint(),
    custom_role_id: bigId(),
    active: boolean(),
    suspended: boolean(),
    team_member: boolean().notNull(),
    departed_at: instant(),
    time_zone: text(),
    iana_time_zone: text(),
    locale: text(),
    created_at: instant(),
    updated_at: instant(),
    last_login_at: instant(),
    valid_from: instant().notNull(),
    first_synced_at: instant()
      .notNull()
      .default(sql`now()`),
    synced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/** Every name, e-mail and role a person had, with the time for which it held. */
export const userHistory = zendesk.table(
  'user_history',
  {
    account: identifier().notNull(),
    id: bigId().notNull(),
    valid_from: instant().notNull(),
    valid_to: instant(),
    name: text(),
    email: text(),
    role: text(),
    role_type: smallint(),
    custom_role_id: bigId(),
    active: boolean(),
    suspended: boolean(),
    team_member: boolean().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id, t.valid_from] }),
    index('user_history_email').on(t.account, t.email),
  ],
);
