import { sql } from 'drizzle-orm';
import { customType, index, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant, numbered } from './columns.ts';
import { zendesk } from './logs.ts';
import { zendeskSync } from './sync.ts';

const instantMultirange = customType<{ data: string }>({ dataType: () => 'tstzmultirange' });

/**
 * What the rules of finding_rules found in the logs, each finding once. Stored when the rows came in that it is about,
 * and
 * kept true when rows, rules or lists change. A finding that no longer holds stays, with state withdrawn.
 */
export const findings = zendesk.table(
  'findings',
  {
    /** Id of the finding: the same for as long as it is about the same rule and the same record, or person and day. */
    finding: identifier().notNull(),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The log it was found in: audit_logs or access_logs. */
    stream: text().notNull(),
    /** The rule: finding_rules.rule. */
    rule: identifier().notNull(),
    /** The version of the rule that last found it: finding_rule_versions.version. */
    rule_version: integer().notNull(),
    /** high, medium, low or info. */
    severity: text().notNull(),
    /** When it happened, UTC; for findings about a whole day the last request of that day. */
    created_at: instant().notNull(),
    /** Time of the first row behind it that is in evidence, UTC. */
    first_at: instant().notNull(),
    /** Time of the last row behind it that is in evidence, UTC. */
    last_at: instant().notNull(),
    /** Who did it; -1 is the system. Join zendesk.users. */
    actor_id: bigId(),
    /** Name of that person: in the audit log as the record gives it, else the name at that time or now. */
    actor_name: text(),
    /** What was found, in a few words. Never the text of a search. */
    summary: text().notNull(),
    /** The record: audit_logs.id or access_logs.id, as text. */
    record_id: identifier(),
    /** The keys of the rows behind it: a list of objects, each with the name of the table and the columns of the key. */
    evidence: jsonb().notNull(),
    /** When it was first found. */
    first_found_at: instant()
      .notNull()
      .default(sql`now()`),
    /** When something about it last changed. */
    changed_at: instant()
      .notNull()
      .default(sql`now()`),
    /** Since when it no longer holds; null while it holds. */
    withdrawn_at: instant(),
    /** Why it no longer holds: rule (the rule was changed or switched off) or rows (the rows or the lists were changed); null while it holds. */
    withdrawn_because: text(),
    /** When somebody acknowledged it; null while nobody has. */
    acknowledged_at: instant(),
    /** Who acknowledged it. */
    acknowledged_by: text(),
    /** Why it needs no further look. */
    acknowledged_note: text(),
    /** open, acknowledged or withdrawn. */
    state: text()
      .notNull()
      .generatedAlwaysAs(
        sql`case when withdrawn_at is not null then 'withdrawn' when acknowledged_at is not null then 'acknowledged' else 'open' end`,
      ),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.created_at, t.finding] }),
    index('findings_finding').on(t.finding),
    index('findings_created_at').on(t.created_at),
    index('findings_first_found').on(t.account, t.first_found_at),
    index('findings_rule').on(t.account, t.rule, t.created_at),
    index('findings_actor').on(t.account, t.actor_id, t.created_at),
  ],
);

/** What each rule was over time: a new version with each change of its row, of its patterns or of its query. */
export const findingRuleVersions = zendesk.table(
  'finding_rule_versions',
  {
    /** The rule: finding_rules.rule. */
    rule: identifier().notNull(),
    /** Number of the version, from 1. */
    version: integer().notNull(),
    /** Hash of the row, the patterns and the query. */
    fingerprint: text().notNull(),
    /** The row and the patterns, as they were. */
    definition: jsonb().notNull(),
    /** When this version was first seen. */
    since: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.rule, t.version] })],
);

/** Spans of time that have new or changed rows which the rules have not looked at yet: one row for each page and day. */
export const unexamined = zendeskSync.table(
  'unexamined',
  {
    /** Number, in the order of storing. */
    id: numbered('zendesk_sync.unexamined_id_seq'),
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** Time of the first of the rows. */
    from_at: instant().notNull(),
    /** Time of the last of the rows. */
    until_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] })],
);

/** Spans of time in which findings must be made again. */
export const staleFindings = zendeskSync.table(
  'stale_findings',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** audit_logs or access_logs. */
    stream: text().notNull(),
    /** The rule. */
    rule: identifier().notNull(),
    /** The only person whose findings are concerned; 0: everybody. */
    actor_id: bigId().notNull(),
    /** The spans. */
    spans: instantMultirange().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.stream, t.rule, t.actor_id] })],
);

/** What findings depend on besides the rows of the logs, as it was when they were last looked through: rules, lists, people. */
export const findingInputs = zendeskSync.table(
  'finding_inputs',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** rule, service_account, watchlist, ip_ranges, search_patterns, person, name, or people for all of them. */
    input: text().notNull(),
    /** Which of them: name of the rule, id of the person. */
    item: identifier().notNull(),
    /** Hash of what findings depend on. */
    hash: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.input, t.item] })],
);
