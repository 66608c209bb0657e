import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, text, uuid, primaryKey } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant, numbered } from './columns.ts';
import { zendeskSync } from './sync.ts';

/** One row for each run of a task on a stream. A run that did not finish its work is a failed run. */
export const runs = zendeskSync.table(
  'runs',
  {
    /** Number of the run. */
    id: numbered('zendesk_sync.runs_id_seq'),
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
    /** Drawn when the run starts. A database that went back to an earlier state gives a number twice, never a mark. */
    mark: uuid().notNull().defaultRandom(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
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
    id: numbered('zendesk_sync.fetches_id_seq'),
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
    /** When the first page was asked for, by the earliest clock. The span is covered up to this moment less SETTLE. */
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
    /**
     * A random value that a reader chooses when it begins or continues the span. Only the reader with this mark may
     * store a page: a database that went back to an earlier state gives a number twice, never a mark.
     */
    mark: uuid().notNull().defaultRandom(),
    /** The age at which a rescan reads its span again, in seconds; null for what is no rescan. */
    rescan_age_seconds: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('fetches_recent').on(t.account, t.stream, t.id),
    index('fetches_late')
      .on(t.account, t.stream, t.rescan_age_seconds)
      .where(sql`rescan_age_seconds is not null and rows_late > 0`),
    index('fetches_rows').on(t.account, t.stream, t.rows_new),
    index('fetches_span').on(t.account, t.stream, t.span_from),
    // Those of which the span began long before a moment that it has.
    index('fetches_long')
      .on(t.account, t.stream)
      .where(sql`span_until - span_from > interval '1 day'`),
    index('fetches_resumable')
      .on(t.account, t.stream)
      .where(sql`outcome is null or (outcome = 'failed' and cursor is not null)`),
  ],
);

/** How far "classify --apply" came with the stored rows of an account; it continues from here if it was stopped. */
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
