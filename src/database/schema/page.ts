import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytes, identifier, instant, numbered } from './columns.ts';
import { zendeskSync } from './sync.ts';

/**
 * What people searched for in the page: recorded before the answer, never changed and never deleted. It is for those
 * who check what readers look at.
 */
export const questions = zendeskSync.table(
  'questions',
  {
    /** Number of the question. */
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
    /** When it was asked. */
    asked_at: instant()
      .notNull()
      .default(sql`now()`),
    /** Who asked, as the token or the proxy names them; "this machine" where nobody logs in. */
    asked_by: identifier().notNull(),
    /** reader or investigator. */
    role: text().notNull(),
    /** The question: its address below /api/. */
    view: text().notNull(),
    /** What was searched for: the parameters of the question. */
    parameters: jsonb().notNull(),
  },
  (t) => [index('questions_asked_at').on(t.asked_at)],
);

/** What people did in the page: recorded before it is done, never changed and never deleted. */
export const actions = zendeskSync.table(
  'actions',
  {
    /** Number of the action. */
    id: numbered('zendesk_sync.actions_id_seq'),
    /** When it was asked for. */
    done_at: instant()
      .notNull()
      .default(sql`now()`),
    /** Who did it, as the token or the proxy names them; "this machine" where nobody logs in. */
    done_by: identifier().notNull(),
    /** reader or investigator. */
    role: text().notNull(),
    /** read, verify, reconcile or acknowledge. */
    action: text().notNull(),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** To what it was done: the log, the time, the findings. */
    parameters: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] }), index('actions_done_at').on(t.done_at)],
);

/** Who is logged in to the page with a token. A row goes with the logout, and after its end. */
export const pageSessions = zendeskSync.table('page_sessions', {
  /** The SHA-256 of the cookie. */
  session: bytes().notNull().primaryKey(),
  /** Whose token it began with. */
  name: identifier().notNull(),
  /** HMAC-SHA-256 of the token by the cookie: the session ends when its token leaves the settings. */
  token_proof: bytes().notNull(),
  /** When it ends. */
  ends_at: instant().notNull(),
});
