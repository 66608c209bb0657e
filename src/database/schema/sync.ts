import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';

/** The ledger: what is covered, what is being fetched, who holds the work. */
export const zendeskSync = pgSchema('zendesk_sync');

/** Per account and stream: where the log begins and since when it is followed. */
export const streams = zendeskSync.table(
  'streams',
  {
    account: identifier().notNull(),
    stream: text().notNull(),
    horizon: instant(),
    retention_days: integer(),
    followed_from: instant(),
    unavailable_since: instant(),
    unavailable_reason: text(),
    kind: text().notNull().default('log'),
    unavailable_code: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/** The covered spans: disjoint, half-open, whole seconds. The one source of truth about completeness. */
export const coverage = zendeskSync.table(
  'coverage',
  {
    account: identifier().notNull(),
    stream: text().notNull(),
    covered_from: instant().notNull(),
    covered_until: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.covered_from] })],
);

/** The spans that were read again at a given age, in the same form as the coverage. */
export const rescans = zendeskSync.table(
  'rescans',
  {
    account: identifier().notNull(),
    stream: text().notNull(),
    age_seconds: integer().notNull(),
    covered_from: instant().notNull(),
    covered_until: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.age_seconds, t.covered_from] })],
);

/** One row a run: a tick, a backfill, a command. A half-finished run is a failed run. */
export const runs = zendeskSync.table(
  'runs',
  {
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
    account: identifier().notNull(),
    stream: text().notNull(),
    task: text().notNull(),
    holder: text().notNull(),
    started_at: instant()
      .notNull()
      .default(sql`now()`),
    ended_at: instant(),
    outcome: text(),
    error: text(),
    requests: integer().notNull().default(0),
    rows_new: bigId().notNull().default('0'),
    rows_changed: bigId().notNull().default('0'),
    rows_late: bigId().notNull().default('0'),
    error_code: text(),
  },
  (t) => [
    index('runs_recent').on(t.account, t.stream, t.task, t.id),
    index('runs_failed')
      .on(t.account, t.stream, t.id)
      .where(sql`error is not null`),
  ],
);

/** One row a fetch: the reading of one span, page by page. */
export const fetches = zendeskSync.table(
  'fetches',
  {
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
    account: identifier().notNull(),
    stream: text().notNull(),
    kind: text().notNull(),
    span_from: instant().notNull(),
    span_until: instant().notNull(),
    page_size: integer().notNull(),
    cursor: text(),
    asked_at: instant(),
    pages: integer().notNull().default(0),
    rows_seen: bigId().notNull().default('0'),
    rows_new: bigId().notNull().default('0'),
    rows_changed: bigId().notNull().default('0'),
    rows_late: bigId().notNull().default('0'),
    restarted: boolean().notNull().default(false),
    started_at: instant()
      .notNull()
      .default(sql`now()`),
    ended_at: instant(),
    outcome: text(),
    error: text(),
    error_code: text(),
  },
  (t) => [
    index('fetches_recent').on(t.account, t.stream, t.id),
    index('fetches_rows').on(t.account, t.stream, t.rows_new),
    index('fetches_resumable')
      .on(t.account, t.stream)
      .where(sql`outcome is null or (outcome = 'failed' and cursor is not null)`),
  ],
);

/** Who pulls an account's stream now. The token grows with each change of holder; every page's transaction checks it. */
export const leases = zendeskSync.table(
  'leases',
  {
    account: identifier().notNull(),
    stream: text().notNull(),
    holder: text().notNull(),
    token: bigint({ mode: 'bigint' }).notNull(),
    expires_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/** The request budget of an account's group of endpoints, shared by every process. */
export const budgets = zendeskSync.table(
  'budgets',
  {
    account: identifier().notNull(),
    budget_group: text().notNull(),
    spent: jsonb().notNull(),
    paused_until: instant(),
    pause_reason: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.budget_group] })],
);

/** Ids that appear in a log and that no user list knows. */
export const unknownUsers = zendeskSync.table(
  'unknown_users',
  {
    account: identifier().notNull(),
    id: bigId().notNull(),
    asked_at: instant().notNull(),
    times_asked: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/** The days (UTC) whose rows have changed since the rollups were made from them. */
export const staleDays = zendeskSync.table(
  'stale_days',
  {
    account: identifier().notNull(),
    stream: text().notNull(),
    day: date().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.day] })],
);

/** How far stored rows were classified anew: `classify --apply` goes on from here when it was stopped. */
export const classifications = zendeskSync.table('classifications', {
  account: identifier().primaryKey(),
  rules: text().notNull(),
  reached_at: instant(),
  reached_id: identifier(),
  rows_read: bigint({ mode: 'bigint' })
    .notNull()
    .default(sql`0`),
  rows_changed: bigint({ mode: 'bigint' })
    .notNull()
    .default(sql`0`),
  started_at: instant()
    .notNull()
    .default(sql`now()`),
  ended_at: instant(),
});

/** What the database has of the views, functions, rules and comments of `definitions/`: each is put anew when its hash differs. */
export const definitions = zendeskSync.table('definitions', {
  name: identifier().primaryKey(),
  hash: text().notNull(),
  object: text(),
  applied_at: instant()
    .notNull()
    .default(sql`now()`),
});
