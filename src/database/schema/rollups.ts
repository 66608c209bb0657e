import { date, doublePrecision, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { bigId, identifier, instant } from './columns.ts';
import { zendesk } from './logs.ts';

/**
 * What each team member did each day: counts of requests, for dashboards. Made from access_logs and
 * access_log_resources; days with new rows are recomputed.
 */
export const agentDay = zendesk.table(
  'agent_day',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
    /** The team member; 0 where Zendesk named none. */
    user_id: bigId().notNull(),
    /** Requests of all kinds, noise included. */
    requests: integer().notNull(),
    /** Requests answered with 401, 403 or 404. */
    denied: integer().notNull(),
    /** Requests that showed a resource. */
    views: integer().notNull(),
    /** Requests that listed resources without naming them. */
    lists: integer().notNull(),
    /** Searches. */
    searches: integer().notNull(),
    /** Exports and incremental reads. */
    exports: integer().notNull(),
    /** Requests that changed something. */
    writes: integer().notNull(),
    /** Requests that read or changed a credential. */
    secrets: integer().notNull(),
    /** Requests that read the audit log or the access log. */
    logs: integer().notNull(),
    /** Requests that no rule knows. */
    unclassified: integer().notNull(),
    /** Different tickets named in requests that were not denied. */
    tickets: integer().notNull(),
    /** Different users named in requests that were not denied. */
    users: integer().notNull(),
    /** Different resources of any type named in requests that were not denied. */
    resources: integer().notNull(),
    /** Different IP addresses the requests came from. */
    addresses: integer().notNull(),
    /** Bytes sent in answers. */
    bytes_sent: doublePrecision().notNull(),
    /** First request of the day. */
    first_at: instant().notNull(),
    /** Last request of the day. */
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.user_id] })],
);

/**
 * How often each resource was accessed each day, for dashboards; denied requests are left out. Days with new rows are
 * recomputed.
 */
export const resourceDay = zendesk.table(
  'resource_day',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
    /** Type of the resource, singular. */
    resource_type: identifier().notNull(),
    /** Id of the resource as text. */
    resource_id: identifier().notNull(),
    /** Requests that named the resource. */
    accesses: integer().notNull(),
    /** Different team members who made them. */
    agents: integer().notNull(),
    /** First of these requests. */
    first_at: instant().notNull(),
    /** Last of these requests. */
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.resource_type, t.resource_id] })],
);

/** How many changes of each kind each actor made each day, for dashboards. Days with new rows are recomputed. */
export const auditDay = zendesk.table(
  'audit_day',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
    /** Type of the thing that was changed; empty where Zendesk named none. */
    source_type: text().notNull(),
    /** Kind of change; empty where Zendesk named none. */
    action: text().notNull(),
    /** Who made the changes; 0 where Zendesk named nobody. */
    actor_id: bigId().notNull(),
    /** Number of changes. */
    changes: integer().notNull(),
    /** First of these changes. */
    first_at: instant().notNull(),
    /** Last of these changes. */
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.source_type, t.action, t.actor_id] })],
);

/** How often team members signed in from each network each day, for dashboards. Days with new rows are recomputed. */
export const signInDay = zendesk.table(
  'sign_in_day',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** The day, UTC. */
    day: date().notNull(),
    /** The network of the addresses: IPv4 /24, IPv6 /48, as text; empty where Zendesk gave no address. */
    network: identifier().notNull(),
    /** Successful sign-ins; Zendesk records no others. */
    sign_ins: integer().notNull(),
    /** Different people who signed in. */
    people: integer().notNull(),
    /** First of these sign-ins. */
    first_at: instant().notNull(),
    /** Last of these sign-ins. */
    last_at: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.day, t.network] })],
);
