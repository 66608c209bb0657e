import { sql } from 'drizzle-orm';
import { boolean, index, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';
import { zendesk } from './logs.ts';

/**
 * People: all team members, and everybody else who appears in a log. One row for each person; people who leave stay
 * here and are marked.
 */
export const users = zendesk.table(
  'users',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Id of the person, as actor_id and user_id of the logs give it. */
    id: bigId().notNull(),
    /** Name of the person now, or when last seen. */
    name: text(),
    /** E-mail address now, or when last seen; null when Zendesk gives none. */
    email: text(),
    /** admin, agent or end-user. */
    role: text(),
    /** Finer role: 0 custom, 1 light agent, 2 chat agent, 3 contributor, 4 admin, 5 billing admin. */
    role_type: smallint(),
    /** Id of the custom role, if any. */
    custom_role_id: bigId(),
    /** False once the person was deleted in Zendesk. */
    active: boolean(),
    /** True while the person may not sign in. */
    suspended: boolean(),
    /** True while the person is an agent or admin. */
    team_member: boolean().notNull(),
    /** Since when the person is no longer a team member: for deleted people, the time that Zendesk reports (updated_at), otherwise when it was first noticed; null for team members. */
    departed_at: instant(),
    /** Time zone as Zendesk names it. */
    time_zone: text(),
    /** Time zone as an IANA name, usable in AT TIME ZONE. */
    iana_time_zone: text(),
    /** Language of the person. */
    locale: text(),
    /** When the person was created in Zendesk. */
    created_at: instant(),
    /** When Zendesk last changed the person. */
    updated_at: instant(),
    /** When the person last signed in, as Zendesk says. */
    last_login_at: instant(),
    /** Since when name, e-mail and role are known to be as they are here. Former ones: zendesk.user_history. */
    valid_from: instant().notNull(),
    /** When the person was first stored here. */
    first_synced_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When this row was last written here. */
    synced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/**
 * Names, e-mail addresses and roles of people over time: one row for each state. For the state at a time T: valid_from
 * <= T and (valid_to > T or valid_to is null).
 */
export const userHistory = zendesk.table(
  'user_history',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Id of the person. */
    id: bigId().notNull(),
    /** When this state was first seen here. */
    valid_from: instant().notNull(),
    /** When another state replaced it; null for the present state. */
    valid_to: instant(),
    /** Name in that time. */
    name: text(),
    /** E-mail address in that time. */
    email: text(),
    /** Role in that time: admin, agent or end-user. */
    role: text(),
    /** Finer role in that time; see zendesk.users. */
    role_type: smallint(),
    /** Custom role in that time. */
    custom_role_id: bigId(),
    /** False in a time when the person was deleted. */
    active: boolean(),
    /** True in a time when the person might not sign in. */
    suspended: boolean(),
    /** True in a time when the person was an agent or admin. */
    team_member: boolean().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id, t.valid_from] }),
    index('user_history_email').on(t.account, t.email),
  ],
);
