import { sql } from 'drizzle-orm';
import { index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bigId, bytes, identifier, instant } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * Holds on the history: while one is set, nothing that it is about is dropped, archived away or erased. One row when it
 * is
 * set, another when it is released. Only ever added to; each row is in the sealed log.
 */
export const holds = zendeskSync.table(
  'holds',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Name of the hold. A name is used once. */
    name: identifier().notNull(),
    /** set or released. */
    act: text().notNull(),
    /** The only log that it is about; null for all. */
    stream: text(),
    /** First instant that it is about; null: from the beginning. */
    held_from: instant(),
    /** First instant after it; null: without end. */
    held_until: instant(),
    /** The only person that it is about, who acted or was acted on; null for all. */
    person: bigId(),
    /** The only ticket that it is about; null for all. */
    ticket: identifier(),
    /** Why. */
    reason: text().notNull(),
    /** Who says so. */
    done_by: text().notNull(),
    /** When it was set or released. */
    noted_at: instant()
      .notNull()
      .default(sql`now()`),
    /** Random bytes that hide in the sealed log what the row says. */
    salt: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.name, t.act] })],
);

/**
 * What was taken away on purpose: by retention or by an erasure. It is neither stored nor missing, and is never read
 * again.
 * Only ever added to; each row is in the sealed log.
 */
export const removals = zendeskSync.table(
  'removals',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Its id. */
    removal: uuid().notNull(),
    /** rows: whole rows; person: the personal columns of a person; else the name of a group of columns, such as search_text. */
    what: text().notNull(),
    /** The log; null for a person. */
    stream: text(),
    /** First instant of the span that the rows lay in; null for a person. */
    removed_from: instant(),
    /** First instant after it. */
    removed_until: instant(),
    /** The person whose personal columns were erased; null otherwise. */
    person: bigId(),
    /** How many rows were dropped or changed. */
    rows: bigId().notNull(),
    /** The policy, or why the person was erased. */
    reason: text().notNull(),
    /** Who did it. */
    done_by: text().notNull(),
    /** When. */
    noted_at: instant()
      .notNull()
      .default(sql`now()`),
    /** Random bytes that hide in the sealed log what the row says. */
    salt: bytes().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.removal] }),
    index('removals_person').on(t.account, t.person),
  ],
);
