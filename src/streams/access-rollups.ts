/** The daily rollups of the access log: what each person did, and how often each resource was accessed. */
import { binOf, dayOfBin, withinDays } from './rollup-days.ts';
import { bringRollup } from './rollup-rows.ts';

/** Kinds of requests, and the columns that count them. */
const kinds = Object.entries({
  view: 'views',
  list: 'lists',
  search: 'searches',
  export: 'exports',
  write: 'writes',
  secret: 'secrets',
  log: 'logs',
  unclassified: 'unclassified',
});
const kindColumns = kinds.map(([, column]) => column);

/**
 * Groups of groups, because "count(distinct)" sorts all rows; integers, because sums of bigint are made as numeric. Resources
 * fit into an index already: the rows that they come from are in one.
 */
export const accessRollups: readonly string[] = [
  `with addresses as (
     select ${binOf('timestamp')} as bin, coalesce(user_id, 0) as user_id, ip_address, count(*)::integer as requests,
       count(*) filter (where zendesk.is_denied(status))::integer as denied, sum(bytes_sent) as bytes_sent,
       min(timestamp) as first_at, max(timestamp) as last_at
     from zendesk.access_logs
     where account = $1 and ${withinDays('timestamp')}
     group by 1, 2, 3
   ),
   requests as (
     select bin, user_id, sum(requests) as requests, sum(denied) as denied, count(ip_address) as addresses,
       coalesce(sum(bytes_sent), 0)::float8 as bytes_sent, min(first_at) as first_at, max(last_at) as last_at
     from addresses
     group by 1, 2
   ),
   kinds as (
     select ${binOf('timestamp')} as bin, coalesce(user_id, 0) as user_id, kind, count(*)::integer as requests
     from zendesk.access_log_resources
     where account = $1 and ${withinDays('timestamp')} and position = 0
     group by 1, 2, 3
   ),
   kinds_of_people as (
     select bin, user_id,
       ${kinds.map(([kind, column]) => `coalesce(sum(requests) filter (where kind = '${kind}'), 0) as ${column}`).join(',\n       ')}
     from kinds
     group by 1, 2
   ),
   seen as materialized (
     select ${binOf('timestamp')} as bin, coalesce(user_id, 0) as user_id, resource_type, resource_id, count(*)::integer as accesses,
       min(timestamp) as first_at, max(timestamp) as last_at
     from zendesk.access_log_resources
     where account = $1 and ${withinDays('timestamp')} and resource_id is not null and not zendesk.is_denied(status)
     group by 1, 2, 3, 4
   ),
   resources as (
     select bin, user_id, count(*) as resources,
       count(*) filter (where resource_type = 'ticket') as tickets,
       count(*) filter (where resource_type = 'user') as users
     from seen
     group by 1, 2
   ),
   by_resource as (
     select ${dayOfBin} as day, resource_type, resource_id, sum(accesses) as accesses, count(*) as agents,
       min(first_at) as first_at, max(last_at) as last_at
     from seen
     group by bin, resource_type, resource_id
   ),
   by_person as (
     select ${dayOfBin} as day, user_id, q.requests, q.denied,
       ${kindColumns.map((column) => `coalesce(k.${column}, 0) as ${column}`).join(', ')},
       coalesce(s.tickets, 0) as tickets, coalesce(s.users, 0) as users, coalesce(s.resources, 0) as resources,
       q.addresses, q.bytes_sent, q.first_at, q.last_at
     from requests q
     left join kinds_of_people k using (bin, user_id)
     left join resources s using (bin, user_id)
   ),
   ${bringRollup({
     table: 'resource_day',
     key: ['resource_type', 'resource_id'],
     values: ['accesses', 'agents', 'first_at', 'last_at'],
     counted: 'by_resource',
   })},
   ${bringRollup({
     table: 'agent_day',
     key: ['user_id'],
     values: [
       'requests',
       'denied',
       ...kindColumns,
       'tickets',
       'users',
       'resources',
       'addresses',
       'bytes_sent',
       'first_at',
       'last_at',
     ],
     counted: 'by_person',
   })}
   select`,
];
