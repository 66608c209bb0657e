import { sql } from 'drizzle-orm';
import { jsonb, text } from 'drizzle-orm/pg-core';
import { identifier, instant } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * What the database has of the definitions of zendesk-log-sync: views, functions, rules, comments, grants. A definition
 * is run again when its hash differs.
 */
export const definitions = zendeskSync.table('definitions', {
  /** Its file below src/database/definitions, without .sql. */
  name: identifier().primaryKey(),
  /** SHA-256 of the file as it was run. */
  hash: text().notNull(),
  /** The view or function that it created; null for rows, comments and grants. */
  object: text(),
  /** When it was last run. */
  applied_at: instant()
    .notNull()
    .default(sql`now()`),
});

/**
 * What each rule of detection was when its file was last run, so that later changes can be distinguished from former
 * defaults.
 */
export const shippedRules = zendeskSync.table('shipped_rules', {
  /** Name of the rule, as in zendesk.finding_rules. */
  rule: identifier().primaryKey(),
  /** Its row, parameters, patterns and searches as the file had them. */
  definition: jsonb().notNull(),
});
