import { sql } from 'drizzle-orm';
import { bigint, index, integer, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant, numbered } from './columns.ts';
import { zendesk } from './logs.ts';
import { zendeskSync } from './sync.ts';

/**
 * Records that are stored and that Zendesk no longer shows: two complete readings of their time did not have them, though
 * they had the records around. Their rows stay.
 */
export const sourceDeletions = zendesk.table(
  'source_deletions',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** Id of the record in its log. */
    id: identifier().notNull(),
    /** Time of the record in its log (created_at or timestamp). */
    occurred_at: instant().notNull(),
    /** When it was first noticed that Zendesk no longer shows it. */
    first_noticed_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When that was last found to be still so. */
    last_confirmed_at: instant()
      .notNull()
      .default(sql`now()`),
    /** How it was noticed: reconcile (two complete readings of its time). */
    how: text().notNull().default('reconcile'),
    /** When Zendesk showed it again: it was not deleted after all, or is back. Null while it does not. */
    seen_again_at: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.stream, t.id] }),
    index('source_deletions_time').on(t.account, t.stream, t.occurred_at),
  ],
);

/** The comparisons of stored rows with what Zendesk shows, and what each came to. Kept permanently. */
export const reconciliations = zendeskSync.table(
  'reconciliations',
  {
    /** Number of the reconciliation. */
    id: numbered('zendesk_sync.reconciliations_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** First instant of the span that was asked for. */
    span_from: instant().notNull(),
    /** First instant after it. */
    span_until: instant().notNull(),
    /** How many random spans of it were to be looked at; null: all of it. */
    sample: integer(),
    /** What decides which ones; null without a sample. */
    seed: bigint({ mode: 'bigint' }),
    /** The time of RECONCILE_SCHEDULE that it was made for; null when somebody asked for it. */
    due_at: instant(),
    /** The process that makes it. */
    holder: text().notNull(),
    /** When it was begun. */
    started_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When it ended; null while it runs, or when its process died. */
    ended_at: instant(),
    /**
     * equal (nothing was found), findings, incomplete (part of it could not be read, nothing else was found), failed or
     * stopped (by a signal); null while it runs, or when its process died.
     */
    outcome: text(),
    /** Seconds of the span that are stored completely and that Zendesk still keeps: only they can be compared. */
    comparable_seconds: bigId().notNull().default('0'),
    /** Seconds of them that were read again completely. */
    read_seconds: bigId().notNull().default('0'),
    /** Records that Zendesk showed in them. */
    records: bigId().notNull().default('0'),
    /** Records that Zendesk showed and that were not stored. */
    missing_here: integer().notNull().default(0),
    /** Rows that are stored and that Zendesk no longer shows: see zendesk.source_deletions. */
    missing_there: integer().notNull().default(0),
    /** Records that Zendesk showed with other contents than were stored. */
    different: integer().notNull().default(0),
    /** Records that Zendesk did not show before and showed again. */
    seen_again: integer().notNull().default(0),
    /** Why part of it could not be read or stored; null for no reason. */
    error: text(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('reconciliations_recent').on(t.account, t.stream, t.id),
    // One process makes what is due.
    uniqueIndex('reconciliations_due').on(t.account, t.stream, t.due_at),
  ],
);
