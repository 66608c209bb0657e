import { sql } from 'drizzle-orm';
import { index, integer, jsonb, text, primaryKey } from 'drizzle-orm/pg-core';
import { identifier, instant, numbered } from './columns.ts';
import { zendeskSync } from './sync.ts';

/** The verifications of the history against its sealed log, and what each came to. Kept permanently. */
export const verifications = zendeskSync.table(
  'verifications',
  {
    /** Number of the verification. */
    id: numbered('zendesk_sync.verifications_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** quick: the sealed log, the coverage and the counts; deep: every row as well. */
    depth: text().notNull(),
    /** The log that was asked for; null: all. */
    stream: text(),
    /** First instant of the span that was asked for; null: without beginning. */
    verified_from: instant(),
    /** First instant after it; null: without end. */
    verified_until: instant(),
    /** Names of the checkpoints that the sealed log was compared with, beside its own newest one. */
    anchors: text().array().notNull().default([]),
    /** When it was begun. What was stored later may not be in it. */
    started_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When it ended; null while it runs, or when its process died. */
    ended_at: instant(),
    /** clean (nothing was found), findings, stopped (before its end, by a signal) or failed; null while it runs. */
    outcome: text(),
    /** How many findings there are. */
    findings: integer().notNull().default(0),
    /** The first of them in words. No content of a row. */
    first_finding: text(),
    /** The findings by stream and kind: how many, the first in words, and of which time. */
    found: jsonb().notNull().default([]),
    /** Why it failed; null when it did not. */
    error: text(),
    /** How far a deep one has come, so that the next one continues from there; null when it has ended. */
    progress: jsonb(),
    /** The time of VERIFY_SCHEDULE or VERIFY_DEEP_SCHEDULE that it was made for; null when somebody asked for it. */
    due_at: instant(),
    /** The process that makes it, or made it last. */
    holder: text().notNull(),
    /** When another process may take it over; renewed while the holder lives. */
    expires_at: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('verifications_account').on(t.account, t.started_at),
  ],
);
