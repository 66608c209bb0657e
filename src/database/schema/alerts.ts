import { sql } from 'drizzle-orm';
import { bigint, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';
import { zendeskSync } from './sync.ts';

/** The accounts that alerts are sent about, and how far each has been looked through. */
export const alertedAccounts = zendeskSync.table('alerted_accounts', {
  /** Key of the Zendesk account. */
  account: identifier().primaryKey(),
  /** When it was last looked at. Of several processes one looks. */
  looked_at: instant().notNull(),
  /** Only findings that were found since then can be news. */
  findings_since: instant().notNull(),
  /** When the findings that were there before were told, as a number; null: not yet. */
  introduced_at: instant(),
  /** The last time of ALERT_DIGEST_SCHEDULE that a digest was made for. */
  digest_due_at: instant().notNull(),
});

/** What is or was worth an alert, one row for each: so each is reported once, also after a restart. */
export const alerts = zendeskSync.table(
  'alerts',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The stream, the place outside of the database, or the scheduled report. */
    subject: text().notNull(),
    /** fails, stale, low_headroom, quarantined, rows_removed, not_as_stored, verification_failed, report_failed or not_anchored. */
    kind: text().notNull(),
    /** What it is, in words. */
    sentence: text().notNull(),
    /** How many records or findings it is about; 1 where there is nothing to count. */
    amount: bigId().notNull(),
    /** Since when it has been seen. */
    since: instant().notNull(),
    /** When it was told; null: not yet. */
    told_at: instant(),
    /** How many there were when it was last told. */
    told_amount: bigId().notNull().default('0'),
    /** Since when it has not been seen any more; null while it is. */
    gone_since: instant(),
    /** When its end was told; null while it lasts. */
    ended_at: instant(),
    /** How often it has been told within a day of its end before: the more, the longer its end is waited for. */
    times: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.account, t.subject, t.kind] })],
);

/** The findings that alerts were sent about lately. */
export const alertedFindings = zendeskSync.table(
  'alerted_findings',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Id of the finding. */
    finding: identifier().notNull(),
    /** When. */
    told_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.finding] })],
);

/** The messages to each channel, until they are a month old. */
export const alertMessages = zendeskSync.table('alert_messages', {
  /** Number of the message. */
  id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity().primaryKey(),
  /** webhook or email. */
  channel: text().notNull(),
  /** news or digest. */
  kind: text().notNull(),
  /** Its title and its sections. No content of a row but who, what and when. */
  content: jsonb().notNull(),
  /** When it was made. */
  created_at: instant()
    .notNull()
    .default(sql`clock_timestamp()`),
  /** When the channel took it; null while it waits. */
  delivered_at: instant(),
  /** When it was given up because it was too old; null while it was not. */
  given_up_at: instant(),
});

/** The state of each channel that alerts go to. */
export const alertChannels = zendeskSync.table('alert_channels', {
  /** webhook or email. */
  channel: text().primaryKey(),
  /** When it is tried next. */
  due_at: instant()
    .notNull()
    .default(sql`clock_timestamp()`),
  /** Until when a process works on it; after that another one may. */
  claimed_until: instant(),
  /** When it last took a message; null before the first. */
  succeeded_at: instant(),
  /** How many times it has failed since. */
  failures: integer().notNull().default(0),
  /** Since when it has failed; null while it works. */
  failing_since: instant(),
  /** Why, in a few words; null while it does not. */
  error: text(),
});
