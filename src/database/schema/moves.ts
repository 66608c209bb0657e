import { integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bigId, bytes, identifier, instant } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * Accounts that move to another database, or came from one. While an account leaves, has left, or has not completely
 * arrived, nothing else writes what is new of it here.
 */
export const moves = zendeskSync.table('moves', {
  /** Key of the Zendesk account. */
  account: identifier().primaryKey(),
  /** Id of the move, the same in both databases. */
  move: uuid().notNull(),
  /** leaving (it is still read here), left, arriving or arrived. */
  state: text().notNull(),
  /** The name of the other database in ACCOUNTS_FILE. */
  other: text().notNull(),
  /** When the move was begun. */
  started_at: instant().notNull(),
  /** When the account had left or arrived; null until then. */
  ended_at: instant(),
  /** When its rows were deleted where it left; null until then. */
  cleared_at: instant(),
});

/** What was copied of an account that arrives, a part at a time: what a move that was stopped need not do again. */
export const moveParts = zendeskSync.table(
  'move_parts',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The table. */
    moved_table: text().notNull(),
    /** Number of the part. */
    part: integer().notNull(),
    /** How many rows it has. */
    rows: bigId().notNull(),
    /** A sum over the hashes of its rows, as they were read where it came from. */
    digest: bytes().notNull(),
    /** When the rows here were read and found to be the same; null until then. */
    checked_at: instant(),
  },
  (t) => [primaryKey({ columns: [t.account, t.moved_table, t.part] })],
);
