import {
  bigint,
  date,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { bigId, bytes, identifier, instant } from './columns.ts';

/** The ledger of zendesk-log-sync: what is covered, fetched, held and spent. */
export const zendeskSync = pgSchema('zendesk_sync');

/** One row for each account and stream that is pulled. */
export const streams = zendeskSync.table(
  'streams',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /**
     * The oldest instant that is wanted: the first record of the audit log or AUDIT_LOGS_START. Null where the
     * retention decides.
     */
    horizon: instant(),
    /** How many days Zendesk keeps the log; null: permanently. */
    retention_days: integer(),
    /** Since when the log is followed live; what lies before is backfill. */
    followed_from: instant(),
    /** Since when Zendesk refuses this stream to us; null while it answers. */
    unavailable_since: instant(),
    /** Why it is refused and what to do about it. */
    unavailable_reason: text(),
    /** log: read by spans of time; listing: read as a whole, such as the people. */
    kind: text().notNull().default('log'),
    /** Why Zendesk refuses the stream: a code of docs/errors.md; null while it does not. */
    unavailable_code: text(),
    /** Since when each run on the stream is refused by Zendesk; believed, and marked as unavailable, after two minutes. */
    refused_since: instant(),
    /** The table of the log, with its schema; null for a listing. */
    log_table: text(),
    /** Its column of time, by which it is cut into partitions. */
    log_time: text(),
    /** How long the span of a partition is: month or year. */
    log_partition: text(),
    /** When Zendesk was asked for anything older than the horizon and had nothing; null until then. */
    horizon_proved_at: instant(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/**
 * The spans of time that are stored completely: half-open, disjoint, whole seconds, UTC. What is not in here may be
 * missing.
 */
export const coverage = zendeskSync.table(
  'coverage',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** First instant of the covered span. */
    covered_from: instant().notNull(),
    /** First instant after the covered span. */
    covered_until: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.covered_from] })],
);

/** The covered spans that were read again at a given age, to find what appeared late or changed. */
export const rescans = zendeskSync.table(
  'rescans',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** The age at which the span was read again, in seconds (RESCAN_AFTER). */
    age_seconds: integer().notNull(),
    /** First instant of the span read again. */
    covered_from: instant().notNull(),
    /** First instant after the span read again. */
    covered_until: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.age_seconds, t.covered_from] })],
);

/** Who pulls a stream of an account now. */
export const leases = zendeskSync.table(
  'leases',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs, access_logs or users. */
    stream: text().notNull(),
    /** The process that holds the work. */
    holder: text().notNull(),
    /** Fencing token: grows with each change of holder; a page is committed only with the newest. */
    token: bigint({ mode: 'bigint' }).notNull(),
    /** When another process may take over; renewed while the holder lives. */
    expires_at: instant().notNull(),
    /**
     * A new random value with each change of holder. A database that went back to an earlier state gives a token twice,
     * never a
     * mark.
     */
    mark: uuid().notNull().defaultRandom(),
    /** How many pages of a listing the holder has stored. */
    steps: integer().notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream] })],
);

/** The request budget of a group of endpoints of an account, shared by all processes. */
export const budgets = zendeskSync.table(
  'budgets',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** support (audit logs, users) or access_logs. */
    budget_group: text().notNull(),
    /** Requests of the last minute: pairs of time (milliseconds since 1970) and number. */
    spent: jsonb().notNull(),
    /** No request before this moment; null when not paused. */
    paused_until: instant(),
    /** Why requests are paused. */
    pause_reason: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.budget_group] })],
);

/** Logins by refresh token: the newest tokens, which every process uses, and who may use the refresh token now. */
export const oauthLogins = zendeskSync.table('oauth_logins', {
  /** Key of the Zendesk account. */
  account: identifier().primaryKey(),
  /** Names the pair of tokens: each new pair has another mark. Null before the first one. */
  mark: uuid(),
  /** The access token and the refresh token, encrypted with a key that is made of the secret of the OAuth client. */
  sealed_tokens: bytes(),
  /** What Zendesk granted; null where it did not say. */
  scope: text(),
  /** When the pair was kept. */
  kept_at: instant(),
  /** When the access token ends. */
  access_expires_at: instant(),
  /** When the refresh token ends unless it is used before; null where Zendesk did not say. */
  refresh_expires_at: instant(),
  /** Marks of first tokens of the settings (ZENDESK_REFRESH_TOKEN) that were used, or are superseded by a login. */
  spent_tokens: text().array().notNull().default([]),
  /** Who uses the refresh token at this moment; null while nobody does. */
  turn: uuid(),
  /** When another process may use it although the turn was not ended. */
  turn_until: instant(),
  /** Mark of the token that Zendesk refused last; null since a new one is there. */
  refused_token: text(),
  /** When it was refused. */
  refused_at: instant(),
});

/** Ids that appear in a log and that Zendesk does not know; asked for again only rarely. */
export const unknownUsers = zendeskSync.table(
  'unknown_users',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The id. */
    id: bigId().notNull(),
    /** When Zendesk was last asked for it. */
    asked_at: instant().notNull(),
    /** How often it was asked for. */
    times_asked: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/** Days whose rows have changed since the rollups were made from them. */
export const staleDays = zendeskSync.table(
  'stale_days',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.day] })],
);
