import { sql } from 'drizzle-orm';
import { bigint, integer, text, uniqueIndex, primaryKey } from 'drizzle-orm/pg-core';
import { bytes, identifier, instant, numbered } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * Records that could not be stored, as they came: one row a record, until a retry stores it. They are missing in the
 * tables, though their spans count as covered. Holds whatever Zendesk sent.
 */
export const quarantine = zendeskSync.table(
  'quarantine',
  {
    /** Number of the record in quarantine, for "quarantine show" and "quarantine retry". */
    id: numbered('zendesk_sync.quarantine_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /** The fetch that it first came in; null for people. */
    fetch_id: bigint({ mode: 'bigint' }),
    /** First instant of the span of that fetch; null for people. */
    span_from: instant(),
    /** First instant after that span; null for people. */
    span_until: instant(),
    /** What could be read of its id, cut to 200 characters; null for nothing. */
    record_id: text(),
    /** What could be read of its time, cut to 200 characters; null for nothing. */
    record_time: text(),
    /** Its time, where that is one. */
    occurred_at: instant(),
    /** What kind of error kept it from being stored: a code of docs/errors.md. */
    code: text().notNull(),
    /** Why it could not be stored, in plain words. */
    reason: text().notNull(),
    /** The record as Zendesk sent it, byte by byte. */
    content: bytes().notNull(),
    /** SHA-256 of those bytes: the same record again makes no second row. */
    fingerprint: bytes().notNull(),
    /** When it first came. */
    first_seen: instant()
      .notNull()
      .default(sql`now()`),
    /** When it last came. */
    last_seen: instant()
      .notNull()
      .default(sql`now()`),
    /** How often it came. */
    times_seen: integer().notNull().default(1),
    /** The version of this program that last tried to store it. Another version tries again automatically. */
    tried_by: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    uniqueIndex('quarantine_record').on(t.account, t.stream, t.fingerprint),
  ],
);
