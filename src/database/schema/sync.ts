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

/** The ledger of zendesk-log-sync: what is covered, fetched, held and spent. */
export const zendeskSync = pgSchema('zendesk_sync');

/** One row for each account and stream that is pulled. */
export const streams = zendeskSync.table(
  'streams',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /**
     * The oldest instant that is wanted: the first record of the audit log or AUDIT_LOGS_START. Null where the
     * retention decides.
     */
    horizon: instant(),
    /** How many days Zendesk keeps the log; null when for ever. */
    retention_days: integer(),
    /** Since when the log is followed live; what lies before is backfill. */
    followed_from: instant(),
    /** Since when Zendesk refuses this stream to us; null while it answers. */
    unavailable_since: instant(),
    /** Why it is refused and what to do about it. */
    unavailable_reason: text(),
    /** log: read by spans of time; listing: read as a whole, such as the people. */
    kind: text().notNull().default('log'),
    /** Why Zendesk refuses the stream: a code of docs/errors.md; null while it does not. */
    unavailable_code: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/**
 * The spans of time that are stored completely: half-open, disjoint, whole seconds, UTC. What is not in here may be
 * missing.
 */
export const coverage = zendeskSync.table(
  'coverage',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** First instant of the covered span. */
    covered_from: instant().notNull(),
    /** First instant after the covered span. */
    covered_until: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.covered_from] })],
);

/** The covered spans that were read again at a given age, to find what appeared late or changed. */
export const rescans = zendeskSync.table(
  'rescans',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** The age at which the span was read again, in seconds (RESCAN_AFTER). */
    age_seconds: integer().notNull(),
    /** First instant of the span read again. */
    covered_from: instant().notNull(),
    /** First instant after the span read again. */
    covered_until: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.age_seconds, t.covered_from] })],
);

/** One row for each run of a task on a stream. A run that did not finish its work is a failed run. */
export const runs = zendeskSync.table(
  'runs',
  {
    /** Number of the run. */
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /** live (follow the log), backfill (fill gaps) or listing (people). */
    task: text().notNull(),
    /** The process that ran it. */
    holder: text().notNull(),
    /** When the run started. */
    started_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When it ended; null while it runs, or when its process died. */
    ended_at: instant(),
    /** complete, failed, unavailable or interrupted; null while it runs, or when its process died. */
    outcome: text(),
    /** Why it did not complete, in plain words. */
    error: text(),
    /** Pages read in the run. */
    requests: integer().notNull().default(0),
    /** Rows stored for the first time. */
    rows_new: bigId().notNull().default('0'),
    /** Rows that Zendesk returned differently than before. */
    rows_changed: bigId().notNull().default('0'),
    /** Rows that appeared in a span after it was covered. */
    rows_late: bigId().notNull().default('0'),
    /** What kind of error ended the run: a code of docs/errors.md; null for none. */
    error_code: text(),
  },
  (t) => [
    index('runs_recent').on(t.account, t.stream, t.task, t.id),
    index('runs_failed')
      .on(t.account, t.stream, t.id)
      .where(sql`error is not null`),
  ],
);

/** One row for each fetch: the reading of one span of a log, page by page. */
export const fetches = zendeskSync.table(
  'fetches',
  {
    /** Number of the fetch. */
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /**
     * live (the newest), backfill (before the log was followed), repair (a gap since then) or rescan (a covered span
     * again).
     */
    kind: text().notNull(),
    /** First instant of the span. */
    span_from: instant().notNull(),
    /** First instant after the span. */
    span_until: instant().notNull(),
    /** Records asked for a page; smaller after Zendesk timed out. */
    page_size: integer().notNull(),
    /** Where the next page starts, as Zendesk gave it; null at the start and after the last page. */
    cursor: text(),
    /** When the first page was asked for, by the trusted clock. The span is covered up to this moment less SETTLE. */
    asked_at: instant(),
    /** Pages stored. */
    pages: integer().notNull().default(0),
    /** Records read. */
    rows_seen: bigId().notNull().default('0'),
    /** Rows stored for the first time. */
    rows_new: bigId().notNull().default('0'),
    /** Rows that Zendesk returned differently than before. */
    rows_changed: bigId().notNull().default('0'),
    /** Rows that appeared in a span after it was covered. */
    rows_late: bigId().notNull().default('0'),
    /** True once the span had to be started again because Zendesk refused its cursor. */
    restarted: boolean().notNull().default(false),
    /** When the fetch started. */
    started_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When it ended; null while it runs, or when its process died. */
    ended_at: instant(),
    /**
     * complete, failed, split (too dense: read again in smaller spans) or abandoned (no longer needed); null while it
     * runs, or when its process died.
     */
    outcome: text(),
    /** Why it failed, in plain words. */
    error: text(),
    /** What kind of error ended the fetch: a code of docs/errors.md; null for none. */
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

/** Who pulls a stream of an account now. */
export const leases = zendeskSync.table(
  'leases',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /** The process that holds the work. */
    holder: text().notNull(),
    /** Fencing token: grows with each change of holder; a page is committed only with the newest. */
    token: bigint({ mode: 'bigint' }).notNull(),
    /** When another process may take over; renewed while the holder lives. */
    expires_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/** The request budget of a group of endpoints of an account, shared by all processes. */
export const budgets = zendeskSync.table(
  'budgets',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** support (audit logs, users) or access_logs. */
    budget_group: text().notNull(),
    /** Requests of the last minute: pairs of time (milliseconds since 1970) and number. */
    spent: jsonb().notNull(),
    /** No request before this moment; null when not paused. */
    paused_until: instant(),
    /** Why requests are paused. */
    pause_reason: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.budget_group] })],
);

/** Ids that appear in a log and that Zendesk does not know; asked for again only rarely. */
export const unknownUsers = zendeskSync.table(
  'unknown_users',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The id. */
    id: bigId().notNull(),
    /** When Zendesk was last asked for it. */
    asked_at: instant().notNull(),
    /** How often it was asked for. */
    times_asked: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/** Days whose rows have changed since the rollups were made from them. */
export const staleDays = zendeskSync.table(
  'stale_days',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.day] })],
);

/** How far "classify --apply" came with the stored rows of an account; it goes on from here when it was stopped. */
export const classifications = zendeskSync.table('classifications', {
  /** Key of the Zendesk account. */
  account: identifier().primaryKey(),
  /** Fingerprint of the rules that are applied. */
  rules: text().notNull(),
  /** Time of the last row that was classified. */
  reached_at: instant(),
  /** Id of the last row that was classified. */
  reached_id: identifier(),
  /** Rows classified so far. */
  rows_read: bigint({ mode: 'bigint' })
    .notNull()
    .default(sql`0`),
  /** Rows whose classification changed. */
  rows_changed: bigint({ mode: 'bigint' })
    .notNull()
    .default(sql`0`),
  /** When it was started. */
  started_at: instant()
    .notNull()
    .default(sql`now()`),
  /** When it reached the newest row; null while it has not. */
  ended_at: instant(),
});

/**
 * What the database has of the definitions of zendesk-log-sync: views, functions, rules, comments, grants. A definition
 * is run again when its hash differs.
 */
export const definitions = zendeskSync.table('definitions', {
  /** Its file below src/database/definitions, without .sql. */
  name: identifier().primaryKey(),
  /** SHA-256 of the file as it was run. */
  hash: text().notNull(),
  /** The view or function that it created; null for rows, comments and grants. */
  object: text(),
  /** When it was last run. */
  applied_at: instant()
    .notNull()
    .default(sql`now()`),
});
