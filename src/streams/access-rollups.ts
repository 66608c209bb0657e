/** The daily rollups of the access log: what each person did, and how often each resource was accessed. */
import { dayOf, withinDays } from './rollup-days.ts';

/**
 * Groups of groups, because "count(distinct)" sorts all rows; integers, because sums of bigint are made as numeric. Resources
 * fit into an index already: the rows that they come from are in one.
 */
export const accessRollups: readonly string[] = [
  'delete from zendesk.agent_day where account = $1 and day between $2::date and $3::date',
  'delete from zendesk.resource_day where account = $1 and day between $2::date and $3::date',
  `with addresses as (
     select ${dayOf('timestamp')} as day, coalesce(user_id, 0) as user_id, ip_address, count(*)::integer as requests,
       count(*) filter (where zendesk.is_denied(status))::integer as denied, sum(bytes_sent) as bytes_sent,
       min(timestamp) as first_at, max(timestamp) as last_at
     from zendesk.access_logs
     where account = $1 and ${withinDays('timestamp')}
     group by 1, 2, 3
   ),
   requests as (
     select day, user_id, sum(requests) as requests, sum(denied) as denied, count(ip_address) as addresses,
       coalesce(sum(bytes_sent), 0)::float8 as bytes_sent, min(first_at) as first_at, max(last_at) as last_at
     from addresses
     group by 1, 2
   ),
   kinds as (
     select ${dayOf('timestamp')} as day, coalesce(user_id, 0) as user_id, kind, count(*)::integer as requests
     from zendesk.access_log_resources
     where account = $1 and ${withinDays('timestamp')} and position = 0
     group by 1, 2, 3
   ),
   kinds_of_people as (
     select day, user_id,
       sum(requests) filter (where kind = 'view') as views,
       sum(requests) filter (where kind = 'list') as lists,
       sum(requests) filter (where kind = 'search') as searches,
       sum(requests) filter (where kind = 'export') as exports,
       sum(requests) filter (where kind = 'write') as writes,
       sum(requests) filter (where kind = 'secret') as secrets,
       sum(requests) filter (where kind = 'log') as logs,
       sum(requests) filter (where kind = 'unclassified') as unclassified
     from kinds
     group by 1, 2
   ),
   seen as materialized (
     select ${dayOf('timestamp')} as day, coalesce(user_id, 0) as user_id, resource_type, resource_id, count(*)::integer as accesses,
       min(timestamp) as first_at, max(timestamp) as last_at
     from zendesk.access_log_resources
     where account = $1 and ${withinDays('timestamp')} and resource_id is not null and not zendesk.is_denied(status)
     group by 1, 2, 3, 4
   ),
   resources as (
     select day, user_id, count(*) as resources,
       count(*) filter (where resource_type = 'ticket') as tickets,
       count(*) filter (where resource_type = 'user') as users
     from seen
     group by 1, 2
   ),
   by_resource as (
     insert into zendesk.resource_day
     select $1, day, resource_type, resource_id, sum(accesses), count(*), min(first_at), max(last_at)
     from seen
     group by day, resource_type, resource_id
     order by day, resource_type, resource_id
   )
   insert into zendesk.agent_day
   select $1, q.day, q.user_id, q.requests, q.denied,
     coalesce(k.views, 0), coalesce(k.lists, 0), coalesce(k.searches, 0), coalesce(k.exports, 0),
     coalesce(k.writes, 0), coalesce(k.secrets, 0), coalesce(k.logs, 0), coalesce(k.unclassified, 0),
     coalesce(s.tickets, 0), coalesce(s.users, 0), coalesce(s.resources, 0),
     q.addresses, q.bytes_sent, q.first_at, q.last_at
   from requests q
   left join kinds_of_people k using (day, user_id)
   left join resources s using (day, user_id)`,
];
