/** The tables of a log that Zendesk does not have, as `src/database/schema/` would have them. */
import { sql } from 'drizzle-orm';
import { date, integer, jsonb, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from '../../src/database/schema/columns.ts';
import { zendesk } from '../../src/database/schema/logs.ts';

const now = () =>
  instant()
    .notNull()
    .default(sql`now()`);

/** What was deleted, and by whom. Partitioned by month on `deleted_at`. */
export const deletionLogs = zendesk.table(
  'deletion_logs',
  {
    account: identifier().notNull(),
    deleted_at: instant().notNull(),
    number: bigId().notNull(),
    deleter_id: bigId(),
    kind: text(),
    copies: smallint(),
    title: text(),
    extra: jsonb(),
    first_synced_at: now(),
    synced_at: now(),
  },
  (t) => [primaryKey({ columns: [t.account, t.deleted_at, t.number] })],
);

/** How many things of each kind were deleted each day. */
export const deletionDay = zendesk.table(
  'deletion_day',
  {
    account: identifier().notNull(),
    day: date().notNull(),
    kind: text().notNull(),
    deletions: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.kind] })],
);
