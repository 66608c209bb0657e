import { sql } from 'drizzle-orm';
import { bigint, index, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytes, identifier, instant, numbered } from './columns.ts';
import { zendeskEvidence } from './evidence.ts';

/** Each checkpoint of a sealed log that was given to others, with their answer. Rows are only ever added. */
export const anchors = zendeskEvidence.table(
  'anchors',
  {
    /** Number of the anchor. */
    id: numbered('zendesk_evidence.anchors_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** program_log, file, witness or time_stamp. */
    kind: text().notNull(),
    /** Where it is: a file, or the address of a witness or of a time stamp authority. */
    place: text().notNull(),
    /** How many entries the log had. */
    size: bigint({ mode: 'bigint' }).notNull(),
    /** The root of its tree. */
    root: bytes().notNull(),
    /** The checkpoint, a signed note; that of a witness with its cosignature. */
    note: text().notNull(),
    /** The time stamp token over the note (RFC 3161); null for other kinds. */
    token: bytes(),
    /** When it was anchored. */
    anchored_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('anchors_by_account').on(t.account, t.kind, t.place, t.size),
  ],
);

/** The state of each place outside of this database that checkpoints are brought to. */
export const anchorStates = zendeskEvidence.table(
  'anchor_states',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** program_log, file, witness, time_stamp, directory or bucket. */
    kind: text().notNull(),
    /** Where it is. */
    place: text().notNull(),
    /** When it was first tried. */
    since: instant()
      .notNull()
      .default(sql`now()`),
    /** When it is tried next. */
    due_at: instant()
      .notNull()
      .default(sql`now()`),
    /** Until when a process works on it; after that another one may. */
    claimed_until: instant(),
    /** When it was last tried. */
    attempted_at: instant(),
    /** When it last succeeded; null before the first time. */
    succeeded_at: instant(),
    /** How many entries the log had then. */
    size: bigint({ mode: 'bigint' }),
    /** How many times it has failed since. */
    failures: integer().notNull().default(0),
    /** Why it failed, in a sentence; null while it does not. */
    error: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.kind, t.place] })],
);

/** The keys that have signed the sealed logs. */
export const signingKeys = zendeskEvidence.table(
  'keys',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The key as a verifier key of C2SP signed-note. */
    key: text().notNull(),
    /** Place of the entry since which it signs; 0 for the first key. */
    since_entry: bigint({ mode: 'bigint' }).notNull(),
    /** When it took over. */
    since: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.key] })],
);
