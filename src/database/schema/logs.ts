import { sql } from 'drizzle-orm';
import { index, inet, jsonb, pgSchema, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant, numbered } from './columns.ts';

/** The Zendesk logs and the people in them, for queries. */
export const zendesk = pgSchema('zendesk');

/** The partitions of the tables of schema zendesk. Query those tables instead. */
export const zendeskPartitions = pgSchema('zendesk_partitions');

/** The Zendesk audit log: who changed what in the account. One row per record, kept permanently. */
export const auditLogs = zendesk.table(
  'audit_logs',
  {
    /** Key of the Zendesk account, by default its subdomain. */
    account: identifier().notNull(),
    /** Id of the record, given by Zendesk. Unique within an account. */
    id: bigId().notNull(),
    /** When the change happened, UTC, whole seconds. Several records may share a second. */
    created_at: instant().notNull(),
    /** Kind of change: create, update, destroy, login, exported. Zendesk may add others. */
    action: text(),
    /** The action in the language of the reading user. For display only: do not compare it. */
    action_label: text(),
    /** Id of the person who made the change; -1 is the system. Join zendesk.users; the person may have left. */
    actor_id: bigId(),
    /** Name of the actor as Zendesk gave it with the record. */
    actor_name: text(),
    /** What changed, as free text. May hold line breaks, literal \n and HTML escapes. */
    change_description: text(),
    /** Address the change was made from; null for changes by the system. */
    ip_address: inet(),
    /** Id of the thing that was changed; its type is in source_type. */
    source_id: bigId(),
    /** Name of the thing that was changed, mostly "Type: Name". */
    source_label: text(),
    /** Type of the thing that was changed, such as user, rule, account_setting. Zendesk may add others. */
    source_type: text(),
    /** Address of the record in the Zendesk API. */
    url: text(),
    /** What has no column of its own and what did not fit its column; null for normal rows. */
    extra: jsonb(),
    /** When this row was first stored here. */
    first_synced_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When this row was last written here: first_synced_at unless Zendesk later returned it differently. */
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

/**
 * The Zendesk access log: which team member looked at what. One row a request. Zendesk keeps it for 90 days, this table
 * for as long as you like.
 */
export const accessLogs = zendesk.table(
  'access_logs',
  {
    /** Key of the Zendesk account, by default its subdomain. */
    account: identifier().notNull(),
    /** Id of the record, given by Zendesk: a ULID, which sorts by time within a second too. */
    id: identifier().notNull(),
    /** When the request happened, UTC, whole seconds. Several records may share a second. */
    timestamp: instant().notNull(),
    /** Id of the team member who made the request. Join zendesk.users; the person may have left. */
    user_id: bigId(),
    /** Address the request came from. */
    ip_address: inet(),
    /** HTTP method. GraphQL reads are POST too: do not tell reads from writes by it. */
    method: text(),
    /** HTTP status of the request. 200 and 304 were shown, 401, 403 and 404 were not. */
    status: smallint(),
    /** Path and partly blanked query of the request. May hold placeholders such as {...} and search text. */
    url: text(),
    /** The part of Zendesk that wrote the record. */
    origin_service: text(),
    /** How the request was authorised: session, basic, bearer, digest. Often missing for GraphQL. */
    authorization_type: text(),
    /** User agent of the browser or program. */
    client: text(),
    /** The screen the request came from, such as /agent/tickets/123. */
    referer: text(),
    /** Area of the request in the language of the reading user. For display only: do not compare it. */
    category: text(),
    /** What the request did in the language of the reading user. For display only: do not compare it. */
    summary: text(),
    /** Size of the answer in bytes. */
    bytes_sent: bigId(),
    /** Name of the GraphQL operation, for requests to /graphql. */
    graphql_operation_name: text(),
    /** QUERY (a read) or MUTATION (a write), for requests to /graphql. */
    graphql_operation_type: text(),
    /** Text of the GraphQL query, cut short by Zendesk. */
    graphql_query: text(),
    /** Variables of the GraphQL query as JSON text, which may be cut short. Holds the ids of what was looked at. */
    graphql_variables: text(),
    /** What has no column of its own and what did not fit its column; null for normal rows. */
    extra: jsonb(),
    /** When this row was first stored here. */
    first_synced_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When this row was last written here: first_synced_at unless Zendesk later returned it differently. */
    synced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.timestamp, t.id] }),
    index('access_logs_user').on(t.account, t.user_id, t.timestamp),
    // Alone, because Postgres keeps equal values together: a third of the size, and half of the work, of one with the time.
    index('access_logs_address').on(t.ip_address),
    // The newest of all accounts, as every tool asks: the key begins with the account.
    index('access_logs_time').on(t.timestamp),
    // As the view asks, by the text of zendesk.is_denied(): one request in a hundred.
    index('access_logs_denied')
      .on(t.timestamp)
      .where(sql`(status = any (array[401, 403, 404])) is true`),
  ],
);

/**
 * Former contents of log rows that Zendesk later returned differently, for instance after personal data was erased.
 * Only ever added to.
 */
export const revisions = zendesk.table(
  'revisions',
  {
    /** Number of the revision, in the order of replacement. */
    revision: numbered('zendesk.revisions_revision_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The log the row belongs to: audit_logs or access_logs. */
    stream: text().notNull(),
    /** Id of the row in its log. */
    id: identifier().notNull(),
    /** Time of the row in its log (created_at or timestamp). */
    occurred_at: instant().notNull(),
    /** The whole previous row, column by column. */
    content: jsonb().notNull(),
    /** When the previous content was replaced here. */
    replaced_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.revision] }),
    index('revisions_row').on(t.account, t.stream, t.id),
    index('revisions_replaced').on(t.account, t.stream, t.replaced_at),
    index('revisions_occurred').on(t.account, t.stream, t.occurred_at),
  ],
);
