import { sql } from 'drizzle-orm';
import {
  bigint,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import { bigId, bytes, identifier, instant, numbered } from './columns.ts';

/** The sealed log: what an auditor needs to check that no row of the history is missing or changed. */
export const zendeskEvidence = pgSchema('zendesk_evidence');

/** One sealed log for each account. */
export const sealedLogs = zendeskEvidence.table('logs', {
  /** Key of the Zendesk account. */
  account: identifier().notNull().primaryKey(),
  /** The name of the log in its checkpoints (LOG_ORIGIN); never changes. */
  origin: text().notNull(),
  /** The key that its checkpoints are signed with, as a verifier key of C2SP signed-note. */
  key: text().notNull(),
  /** How many entries the log has. */
  size: bigint({ mode: 'bigint' })
    .notNull()
    .default(sql`0`),
  /** The right edge of its tree: its size and the hashes of its perfect subtrees. */
  frontier: bytes().notNull(),
  /** The version of this program that added the newest entry. */
  version: text().notNull(),
  /** The newest checkpoint, a signed note; null before the first one. */
  checkpoint: text(),
  /** When the log was begun: rows stored earlier were not sealed when they arrived. */
  begun_at: instant()
    .notNull()
    .default(sql`now()`),
  /** When the newest entry was added. */
  sealed_at: instant(),
  /** Fingerprints of the rules as the log last recorded them: classification, detections, definitions of views. */
  rules: jsonb(),
  /** The database that the log was last compared with its published copies in: server, time line and database, as Postgres numbers them. Another one may lack entries. */
  history: text(),
});

/** What happened to the history and is not in the sealed log yet. The sealer takes it within seconds. */
export const pending = zendeskEvidence.table(
  'pending',
  {
    /** Number of the manifest, in the order in which it was written. */
    id: numbered('zendesk_evidence.pending_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users; empty for what concerns the whole account. */
    stream: text().notNull(),
    /** The start of the transaction that wrote it: synced_at of the rows that it stored. */
    stored_at: instant()
      .notNull()
      .default(sql`now()`),
    /** The manifest without stored_at and the root over revisions, which the sealer adds. */
    manifest: text().notNull(),
    /** Four bits of the hash of each row of a page, two rows a byte; null where there are none. */
    tags: bytes(),
    /** When it was written: later than stored_at by as long as the transaction had taken. */
    noted_at: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/**
 * The streams that are in the sealed log, and how far their rows from before it were taken into it. One row a stream,
 * from
 * its first manifest on.
 */
export const adoptions = zendeskEvidence.table(
  'adoptions',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /** The moment of its first manifest: rows that were written earlier have none of their own. */
    before: instant().notNull(),
    /** Time of the last row that was looked at; null before the first. */
    reached_at: instant(),
    /** Its id. */
    reached_id: identifier(),
    /** How many rows were taken into the log. */
    rows: bigId()
      .notNull()
      .default(sql`0`),
    /** When all of them were; null until then. */
    ended_at: instant(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/** The entries of the sealed logs: one manifest each. Only ever added to. */
export const entries = zendeskEvidence.table(
  'entries',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Place of the entry in the log, from 0. */
    index: bigint({ mode: 'bigint' }).notNull(),
    /** The manifest: canonical JSON, at most 65,535 bytes. */
    manifest: bytes().notNull(),
    /** Four bits of the hash of each row of a page, two rows a byte: no part of the log, but they tell which row was changed. */
    tags: bytes(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.index] }),
    // Finds the manifest of a row by its synced_at (evidence/proving/outer-path.ts). Never fails, whatever the bytes are.
    index('entries_stored').on(
      t.account,
      sql`substring(encode(manifest, 'escape') from '"stored_at":"([^"]{1,40})"')`,
    ),
  ],
);

/** The hashes of the tiles: one for each perfect subtree of 256^level entries (RFC 6962, C2SP tlog-tiles). Only ever added to. */
export const hashes = zendeskEvidence.table(
  'hashes',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Level of the tile that the hash is in: 0 for entries. */
    level: integer().notNull(),
    /** Place of the hash in its level, from 0. */
    index: bigint({ mode: 'bigint' }).notNull(),
    /** SHA-256. */
    hash: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.level, t.index] })],
);

/** The keys from which the salts of a person's rows are derived, one a month. Destroying a key erases what it hides. */
export const personKeys = zendeskEvidence.table(
  'person_keys',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Id of the person that the rows are by; 0 for nobody. */
    person: bigId().notNull(),
    /** First day of the month of the rows, UTC. */
    month: date().notNull(),
    /** 32 random bytes. */
    key: bytes().notNull(),
    /** When an erasure of the person last replaced the key; null for one that is the first of its month. */
    replaced_at: instant(),
  },
  (t) => [primaryKey({ columns: [t.account, t.person, t.month] })],
);

/**
 * What is left of rows and revisions that were dropped, or of which personal columns were taken away: hashes, with
 * which the
 * roots of their pages can still be made. Only ever added to; the sealed log has a root over those of each transaction.
 */
export const remnants = zendeskEvidence.table(
  'remnants',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The log. */
    stream: text().notNull(),
    /** The moment of the manifest that the row, or the revision, is in. */
    written_at: instant().notNull(),
    /** Time of the row. */
    occurred_at: instant().notNull(),
    /** Id of the row. */
    id: identifier().notNull(),
    /** Number of the revision; 0 for a row. */
    revision: bigint({ mode: 'bigint' }).notNull(),
    /** The transaction that took it away. */
    removed_at: instant()
      .notNull()
      .default(sql`now()`),
    /** The commitment to what was personal, as it was sealed; null where all of the row was dropped. */
    personal: bytes(),
    /** The hash of the leaf: of a dropped row as it was sealed, else of the row as it is since. */
    leaf: bytes().notNull(),
  },
  (t) => [
    primaryKey({
      name: 'remnants_pk',
      columns: [t.account, t.stream, t.written_at, t.occurred_at, t.id, t.revision, t.removed_at],
    }),
    index('remnants_occurred').on(t.account, t.stream, t.occurred_at),
    index('remnants_removed').on(t.account, t.removed_at),
  ],
);
