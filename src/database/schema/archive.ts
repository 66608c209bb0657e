import { sql } from 'drizzle-orm';
import { bigint, date, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * The objects of the archive: rows of a month of an account's log, as Parquet outside of this database. A row here is
 * noted
 * before its object is written, so that no process that dies leaves an object that nobody knows. Kept permanently.
 */
export const archivedObjects = zendeskSync.table(
  'archived_objects',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** First day of the month, UTC, that the rows are of. */
    month: date().notNull(),
    /** Where it is, below ARCHIVE_URL. */
    object: identifier().notNull(),
    /** Its number of rows. */
    rows: bigId().notNull(),
    /** Time of its first row. */
    first_at: instant().notNull(),
    /** Time of its last row. */
    last_at: instant().notNull(),
    /** Its size in bytes. */
    bytes: bigId().notNull(),
    /**
     * Its manifest, the same as beside it: SHA-256 of its bytes, the root (RFC 6962) over the leaves of its rows in the
     * order of
     * their keys, how many rows each day has in it, its groups of rows, and where their filters are.
     */
    manifest: text().notNull(),
    /** When it was noted, before it was written. */
    noted_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When it was read back from where it is and found whole; null until then. */
    checked_at: instant(),
    /** When its rows left the table; null while they are there too. */
    left_at: instant(),
    /** When it was found to be damaged, or its rows to be changed, while they were in the table: it does not count; null for the others. */
    spoiled_at: instant(),
    /** The object whose rows it has, where something was taken away from them in the archive; null for the others. */
    replaces: identifier(),
    /** When its rows were written again without something, or dropped, on purpose: it is to be deleted; null for the others. */
    replaced_at: instant(),
    /** When it was deleted from the place; null while it is there. */
    gone_at: instant(),
    /** Its version in the bucket, which could not be deleted; null for the others. */
    locked_version: text(),
    /** Columns that were taken away by policy, by the name of their group: of rows before which second since 1970. */
    stripped: jsonb().notNull().default({}),
    /** When this program put a legal hold of S3 on it, because a hold concerns its rows; null while it has none. */
    legal_hold_at: instant(),
  },
  (t) => [primaryKey({ columns: [t.account, t.object] })],
);

/** The runs of the archive: of several processes one archives at a time. */
export const archiveRuns = zendeskSync.table('archive_runs', {
  /** Number of the run. */
  id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
  /** The process. */
  holder: text().notNull(),
  /** The time of ARCHIVE_SCHEDULE that it was made for; null when somebody asked for it. */
  due_at: instant(),
  /** When it was begun. */
  started_at: instant()
    .notNull()
    .default(sql`now()`),
  /** When another process may archive although it has not ended; renewed while the process lives. */
  expires_at: instant().notNull(),
  /** When it ended; null for one that runs or whose process died. */
  ended_at: instant(),
  /** How many rows left the tables; null until it ended. */
  rows: bigId(),
  /** Why it failed; null when it did not. */
  error: text(),
});
