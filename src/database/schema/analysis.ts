import { sql } from 'drizzle-orm';
import {
  boolean,
  cidr,
  index,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { bigId, identifier, instant, numbered } from './columns.ts';
import { zendesk } from './logs.ts';

/**
 * The audit log and the people under the names that Fivetran gives them, for the dbt package fivetran/dbt_zendesk.
 * Columns that are always empty are not known here.
 */
export const zendeskFivetran = pgSchema('zendesk_fivetran');

/**
 * What the requests of the access log were about: one row for each resource a request named, one row without
 * resource_id for lists, searches and the like. Requests that are mere noise of the user interface have no row. Derived
 * from access_logs and recomputed by "classify --apply".
 */
export const accessLogResources = zendesk.table(
  'access_log_resources',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** When the request happened, as in access_logs. */
    timestamp: instant().notNull(),
    /** The request: access_logs.id. Join by account, timestamp and id. */
    access_log_id: identifier().notNull(),
    /** Number of the resource within its request, from 0. The first is the one the request is mainly about. */
    position: smallint().notNull(),
    /**
     * view, list, search, export, write, secret (a credential was read or changed), log (a log was read) or
     * unclassified (no rule knows the request).
     */
    kind: text().notNull(),
    /**
     * Type of the resource, singular: ticket, user, organization, comment, custom_object_record and so on; null when
     * unclassified.
     */
    resource_type: identifier(),
    /** Id of the resource as text; null when the request names none, such as a list or a search. */
    resource_id: identifier(),
    /** Who made the request, as in access_logs. */
    user_id: bigId(),
    /** HTTP status, as in access_logs: 2xx and 304 were shown, 401, 403 and 404 were not. */
    status: smallint(),
    /** What was searched for. Personal data: only zendesk_investigator may read it. */
    search_query: text(),
  },
  (t) => [
    // Who saw a resource at a time, and what a request was about: docs/performance.md says what others cost.
    index('access_log_resources_seen')
      .on(t.resource_id, t.timestamp)
      .where(sql`resource_id is not null`),
    index('access_log_resources_time').on(t.account, t.timestamp),
  ],
);

/**
 * The detections behind audit_findings and access_findings: severity, parameters and whether they are on. Change a row
 * to change the rule.
 */
export const findingRules = zendesk.table('finding_rules', {
  /** Name of the rule, as in the findings. */
  rule: identifier().primaryKey(),
  /** The log it looks at: audit_logs or access_logs. */
  stream: text().notNull(),
  /** high, medium, low or info, unless a pattern says otherwise. */
  severity: text().notNull(),
  /** The question the rule answers. */
  question: text().notNull(),
  /** What a finding means, in a few words. */
  title: text().notNull(),
  /**
   * Thresholds of the rule by name. Any rule about the audit log also takes "accounts", the keys of the only accounts
   * it is about, and "actors", ids or names of the only actors.
   */
  parameters: jsonb()
    .notNull()
    .default(sql`'{}'`),
  /** False switches the rule off. */
  enabled: boolean().notNull().default(true),
});

/**
 * How rows of the audit log are recognised for a rule. A row matches a pattern when every condition that is not null
 * holds; another spelling of a label is another row.
 */
export const auditPatterns = zendesk.table('audit_patterns', {
  /** Number of the pattern. */
  pattern: numbered('zendesk.audit_patterns_pattern_seq').primaryKey(),
  /** The rule it belongs to. */
  rule: identifier()
    .notNull()
    .references(() => findingRules.rule, { onDelete: 'cascade' }),
  /** source_type is one of these. */
  source_types: text().array(),
  /** action is one of these. */
  actions: text().array(),
  /** source_label matches this regular expression, upper and lower case alike. */
  label: text(),
  /** The cleaned description matches this regular expression, upper and lower case alike. */
  description: text(),
  /** The cleaned description does not match this regular expression. */
  description_not: text(),
  /** Severity of what this pattern finds; null for that of the rule. */
  severity: text(),
});

/**
 * Addresses you know something about: Tor exits, hosting providers, countries, your own offices. Yours to fill. Every
 * record of the audit log from one of them is a finding of the rule listed_address, unless its kind is trusted or
 * place.
 */
export const ipRanges = zendesk.table(
  'ip_ranges',
  {
    /** The range, such as 203.0.113.0/24. The narrowest range around an address decides. */
    range: cidr().primaryKey(),
    /** What it is, as named in the finding. */
    label: text().notNull(),
    /**
     * Sort of range: tor, threat, country, hosting or a word of yours. The kinds trusted and place make none; place
     * only tells where an address is, for the rule two_places.
     */
    kind: text().notNull(),
    /** Severity of what is found from here; null for that of the rule. */
    severity: text(),
    /** When it was put on the list. */
    added_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [index('ip_ranges_range').using('gist', t.range.op('inet_ops'))],
);

/** Regular expressions for searches that deserve a look, such as card numbers. Add your own. */
export const searchPatterns = zendesk.table('search_patterns', {
  /** What the search is for, as named in the finding. */
  name: identifier().primaryKey(),
  /** Regular expression, matched against the text of the search, upper and lower case alike. */
  expression: text().notNull(),
});

/** Resources whose every access is a finding, such as the tickets of a well-known person. Yours to fill. */
export const watchlist = zendesk.table(
  'watchlist',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Type of the resource, singular, as in access_log_resources. */
    resource_type: identifier().notNull(),
    /** Id of the resource as text. */
    resource_id: identifier().notNull(),
    /** Why it is watched. */
    note: text(),
    /** When it was put on the list. */
    added_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.resource_type, t.resource_id] })],
);

/**
 * Users that are programs. Their requests are marked is_service_account and left out of the findings about people.
 * Yours to fill; this program marks its own requests automatically.
 */
export const serviceAccounts = zendesk.table(
  'service_accounts',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The user the program works as. */
    user_id: bigId().notNull(),
    /** Which program it is. */
    note: text(),
    /** When it was put on the list. */
    added_at: instant()
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.account, t.user_id] })],
);
