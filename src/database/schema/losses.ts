import { sql } from 'drizzle-orm';
import { bigint, date, index, primaryKey, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant, numbered } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * How many rows of each log the ledger has counted, by day. Each page adds a row of its own, so that no page waits for
 * another; those of a day add up, and each run joins them.
 */
export const storedRows = zendeskSync.table(
  'stored_rows',
  {
    /** Number of the entry. */
    id: numbered('zendesk_sync.stored_rows_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
    /** Rows stored; negative for rows that were found to be gone. */
    rows: bigId().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('stored_rows_day').on(t.account, t.stream, t.day),
  ],
);

/**
 * Rows that were stored and are no longer there: dropped, detached, truncated or deleted by somebody other than this
 * program, or lost when the database was restored from an older backup. Their time is a gap again, and is read again
 * where Zendesk still has it. Kept permanently.
 */
export const coverageLosses = zendeskSync.table(
  'coverage_losses',
  {
    /** Number of the loss. */
    id: numbered('zendesk_sync.coverage_losses_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** First instant of the span that the rows lay in. */
    lost_from: instant().notNull(),
    /** First instant after it, not beyond what was covered: until there it is a gap. */
    lost_until: instant().notNull(),
    /** First instant after the newest row that may be among them: later than lost_until where the newest rows are lost too. */
    rows_until: instant().notNull(),
    /** How many rows were lost. */
    rows: bigId().notNull(),
    /** Rows that were left in the span. */
    rows_left: bigId().notNull(),
    /**
     * partition_dropped, partition_detached, partition_truncated, rows_deleted, rows_missing (found by counting) or
     * lost_by_restore (found by the sealed log that was published); missing_by_reconcile: they were never stored, though
     * their time counted as covered.
     */
    code: text().notNull(),
    /** The partition; null where rows were deleted or missed. */
    partition: text(),
    /** The user of the database who did it, where that is known. */
    done_by: text(),
    /** When it was done, where that is known, else when it was first noticed. */
    noticed_at: instant()
      .notNull()
      .default(sql`now()`),
    /** The newest fetch at that time: what it and older ones stored of the span may be lost, so they do not cover it. */
    last_fetch: bigint({ mode: 'bigint' }),
    /** When the span was taken out of the coverage; null: the next run of the stream does it. */
    settled_at: instant(),
    /** When all of the span that Zendesk still had was stored again; null until then. */
    closed_at: instant(),
    /** How many rows that brought back; if fewer than were lost, Zendesk no longer has the others. */
    rows_found: bigId(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('coverage_losses_stream').on(t.account, t.stream, t.lost_from),
  ],
);

/** Partitions whose rows were compared with the counts, as they were then. A partition that has changed since is counted again. */
export const countedPartitions = zendeskSync.table(
  'counted_partitions',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** First instant that the partition holds. */
    held_from: instant().notNull(),
    /** The partition as Postgres numbers it. */
    relation: bigint({ mode: 'bigint' }).notNull(),
    /** Its file: another one after it was truncated or rewritten. */
    file: bigint({ mode: 'bigint' }).notNull(),
    /** Rows deleted from it, as Postgres counts them. */
    deletions: bigint({ mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.held_from] })],
);

/**
 * Notes that rows of a log or the counts of the ledger were changed by somebody other than this program: the next run
 * counts the rows and removes the note.
 */
export const countDoubts = zendeskSync.table('count_doubts', {
  /** Number of the note. */
  id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
  /** The table of the log; null: all logs. */
  log_table: text(),
  /** The table that was changed. */
  changed_table: text().notNull(),
  /** The user of the database who did it. */
  done_by: text().notNull(),
  /** When. */
  noted_at: instant()
    .notNull()
    .default(sql`now()`),
});
