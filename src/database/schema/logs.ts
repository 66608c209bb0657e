import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  inet,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';

/** What analysts query. Names and types are a contract; see the README. */
export const zendesk = pgSchema('zendesk');

/** The audit log: who changed what. Partitioned by year on `created_at` in the reviewed migration. */
export const auditLogs = zendesk.table(
  'audit_logs',
  {
    account: identifier().notNull(),
    id: bigId().notNull(),
    created_at: instant().notNull(),
    action: text(),
    action_label: text(),
    actor_id: bigId(),
    actor_name: text(),
    change_description: text(),
    ip_address: inet(),
    source_id: bigId(),
    source_label: text(),
    source_type: text(),
    url: text(),
    extra: jsonb(),
    first_synced_at: instant()
      .notNull()
      .default(sql`now()`),
    synced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.created_at, t.id] }),
    index('audit_logs_actor').on(t.account, t.actor_id, t.created_at),
    index('audit_logs_source').on(t.account, t.source_type, t.source_id, t.created_at),
  ],
);

/** The access log: which team member looked at what. Partitioned by month on `timestamp` in the reviewed migration. */
export const accessLogs = zendesk.table(
  'access_logs',
  {
    account: identifier().notNull(),
    id: identifier().notNull(),
    timestamp: instant().notNull(),
    user_id: bigId(),
    ip_address: inet(),
    method: text(),
    status: smallint(),
    url: text(),
    origin_service: text(),
    authorization_type: text(),
    client: text(),
    referer: text(),
    category: text(),
    summary: text(),
    bytes_sent: bigId(),
    graphql_operation_name: text(),
    graphql_operation_type: text(),
    graphql_query: text(),
    graphql_variables: text(),
    extra: jsonb(),
    first_synced_at: instant()
      .notNull()
      .default(sql`now()`),
    synced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.timestamp, t.id] }),
    index('access_logs_user').on(t.account, t.user_id, t.timestamp),
  ],
);

/** Former contents of rows that the source later returned differently. Only ever appended to. */
export const revisions = zendesk.table(
  'revisions',
  {
    revision: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
    account: identifier().notNull(),
    stream: text().notNull(),
    id: identifier().notNull(),
    occurred_at: instant().notNull(),
    content: jsonb().notNull(),
    replaced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [index('revisions_row').on(t.account, t.stream, t.id)],
);
