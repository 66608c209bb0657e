import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  cidr,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';
import { zendesk } from './logs.ts';

/**
 * What the rows of the access log mean: one row for each resource that a request named, or a single one without an id.
 * Derived, so it may be made anew from `access_logs` at any time. Partitioned by month on `timestamp` in the reviewed migration.
 */
export const accessLogResources = zendesk.table(
  'access_log_resources',
  {
    account: identifier().notNull(),
    timestamp: instant().notNull(),
    access_log_id: identifier().notNull(),
    position: smallint().notNull(),
    kind: text().notNull(),
    resource_type: identifier(),
    resource_id: identifier(),
    user_id: bigId(),
    status: smallint(),
    search_query: text(),
  },
  (t) => [
    // One narrow index, and one of nearly no cost in which time is looked up: docs/performance.md says what others cost.
    index('access_log_resources_resource')
      .on(t.resource_id)
      .where(sql`resource_id is not null`),
    index('access_log_resources_timestamp')
      .using('brin', t.timestamp)
      .with({ pages_per_range: 32, autosummarize: true }),
  ],
);

/** What each team member did each day (UTC), for dashboards. Made from the tables above by `refreshRollups`. */
export const agentDay = zendesk.table(
  'agent_day',
  {
    account: identifier().notNull(),
    day: date().notNull(),
    user_id: bigId().notNull(),
    requests: integer().notNull(),
    denied: integer().notNull(),
    views: integer().notNull(),
    lists: integer().notNull(),
    searches: integer().notNull(),
    exports: integer().notNull(),
    writes: integer().notNull(),
    secrets: integer().notNull(),
    logs: integer().notNull(),
    unclassified: integer().notNull(),
    tickets: integer().notNull(),
    users: integer().notNull(),
    resources: integer().notNull(),
    addresses: integer().notNull(),
    bytes_sent: doublePrecision().notNull(),
    first_at: instant().notNull(),
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.user_id] })],
);

/** How often each resource was accessed each day (UTC), and by how many. */
export const resourceDay = zendesk.table(
  'resource_day',
  {
    account: identifier().notNull(),
    day: date().notNull(),
    resource_type: identifier().notNull(),
    resource_id: identifier().notNull(),
    accesses: integer().notNull(),
    agents: integer().notNull(),
    first_at: instant().notNull(),
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.resource_type, t.resource_id] })],
);

/** How many changes of each kind each actor made each day (UTC). */
export const auditDay = zendesk.table(
  'audit_day',
  {
    account: identifier().notNull(),
    day: date().notNull(),
    source_type: text().notNull(),
    action: text().notNull(),
    actor_id: bigId().notNull(),
    changes: integer().notNull(),
    first_at: instant().notNull(),
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.source_type, t.action, t.actor_id] })],
);

/** The detections: their severity and parameters are data, to be changed with an UPDATE. */
export const findingRules = zendesk.table('finding_rules', {
  rule: identifier().primaryKey(),
  stream: text().notNull(),
  severity: text().notNull(),
  question: text().notNull(),
  title: text().notNull(),
  parameters: jsonb()
    .notNull()
    .default(sql`'{}'`),
  enabled: boolean().notNull().default(true),
});

/** How an audit log row is recognised for a rule: a new spelling of a label is one INSERT. */
export const auditPatterns = zendesk.table('audit_patterns', {
  pattern: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
  rule: identifier()
    .notNull()
    .references(() => findingRules.rule, { onDelete: 'cascade' }),
  source_types: text().array(),
  actions: text().array(),
  label: text(),
  description: text(),
  description_not: text(),
  severity: text(),
});

/** Addresses somebody knows something about: a change from one of them is a finding. */
export const ipRanges = zendesk.table(
  'ip_ranges',
  {
    range: cidr().primaryKey(),
    label: text().notNull(),
    kind: text().notNull(),
    severity: text(),
    added_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [index('ip_ranges_range').using('gist', t.range.op('inet_ops'))],
);

/** Regular expressions that make a search a sensitive one. */
export const searchPatterns = zendesk.table('search_patterns', {
  name: identifier().primaryKey(),
  expression: text().notNull(),
});

/** Tickets, people and other resources whose every access is a finding. */
export const watchlist = zendesk.table(
  'watchlist',
  {
    account: identifier().notNull(),
    resource_type: identifier().notNull(),
    resource_id: identifier().notNull(),
    note: text(),
    added_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.resource_type, t.resource_id] })],
);

/** Users that are programs: their traffic is marked and left out of the findings about people. */
export const serviceAccounts = zendesk.table(
  'service_accounts',
  {
    account: identifier().notNull(),
    user_id: bigId().notNull(),
    note: text(),
    added_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.user_id] })],
);
