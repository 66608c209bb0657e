-- A visit is its first request: one that no request of the same kind precedes within half an hour. So a condition on the time
-- of a visit is one on the time of a request, and each visit looks up only its own requests.
create view zendesk.access_visits as
select
  l.account,
  -- UTC as an interval, which costs a third of its name. Partitions have a condition on this expression (make_partition).
  (l.timestamp at time zone interval '0')::date as day,
  l.user_id,
  person.name as user_name,
  r.resource_type,
  r.resource_id,
  zendesk.is_denied(l.status) as is_denied,
  visit.is_own_visit
    or exists (select from zendesk.service_accounts s where s.account = l.account and s.user_id = l.user_id) as is_service_account,
  l.timestamp as first_at,
  visit.last_at,
  visit.requests,
  visit.kinds,
  visit.ip_addresses,
  r.access_log_id,
  array_to_string(visit.ip_addresses, ', ') as addresses,
  array_to_string(visit.kinds, ', ') as kind_list
from zendesk.access_logs l
left join zendesk.access_log_resources r
  on r.account = l.account and r.timestamp = l.timestamp and r.access_log_id = l.id and r.resource_id is not null
cross join lateral (
  select
    max(n.timestamp) as last_at,
    bool_and(n.is_own_request) as is_own_visit,
    count(distinct n.access_log_id)::integer as requests,
    array_agg(distinct n.kind) as kinds,
    array_agg(distinct n.address) filter (where n.address is not null) as ip_addresses
  from (
    select
      g.*,
      count(*) filter (where g.gap > interval '30 minutes') over (order by g.timestamp, g.access_log_id) as later
    from (
      select
        b.timestamp,
        b.access_log_id,
        b.kind,
        host(q.ip_address) as address,
        zendesk.is_own_request(q.client, q.url) as is_own_request,
        b.timestamp - lag(b.timestamp) over (order by b.timestamp, b.access_log_id) as gap
      from zendesk.access_log_resources b
      left join zendesk.access_logs q on q.account = b.account and q.timestamp = b.timestamp and q.id = b.access_log_id
      where b.account = r.account and b.resource_id = r.resource_id and b.resource_type is not distinct from r.resource_type
        and b.user_id is not distinct from r.user_id and zendesk.is_denied(b.status) = zendesk.is_denied(r.status)
        and b.timestamp >= l.timestamp and b.timestamp < date_trunc('day', l.timestamp, 'UTC') + interval '1 day'
    ) as g
  ) as n
  where n.later = 0
) as visit
left join zendesk_sync.names_over_time person
  on person.account = l.account and person.id = l.user_id and person.from_at <= l.timestamp and person.until_at > l.timestamp
-- As a case, and with a left join: Postgres takes three equal columns for a rare thing, and would begin with all resources.
where case when r.access_log_id is null then false else not exists (
    select from zendesk.access_log_resources b
    where b.account = r.account and b.resource_id = r.resource_id and b.resource_type is not distinct from r.resource_type
      and b.user_id is not distinct from r.user_id and zendesk.is_denied(b.status) = zendesk.is_denied(r.status)
      and b.timestamp >= r.timestamp - interval '30 minutes' and b.timestamp <= r.timestamp
      -- Visits end at midnight.
      and b.timestamp >= date_trunc('day', r.timestamp, 'UTC')
      and (b.timestamp, b.access_log_id, b.position) < (r.timestamp, r.access_log_id, r.position)
    offset 0
  ) end;

comment on view zendesk.access_visits is 'Who looked at what, requests put together to visits: a visit ends when the person leaves the resource alone for more than 30 minutes, and at midnight UTC. Ask for a span of first_at or day, or for a resource.';
comment on column zendesk.access_visits.account is 'Key of the Zendesk account.';
comment on column zendesk.access_visits.day is 'The day of the visit, UTC.';
comment on column zendesk.access_visits.user_id is 'Who visited.';
comment on column zendesk.access_visits.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_visits.resource_type is 'Type of the resource, singular.';
comment on column zendesk.access_visits.resource_id is 'Id of the resource as text.';
comment on column zendesk.access_visits.is_denied is 'True for visits where everything was answered with 401, 403 or 404; they are apart from those where something was shown.';
comment on column zendesk.access_visits.is_service_account is 'True for visits of users in service_accounts and for those of this program.';
comment on column zendesk.access_visits.first_at is 'First request of the visit.';
comment on column zendesk.access_visits.last_at is 'Last request of the visit.';
comment on column zendesk.access_visits.requests is 'Number of requests.';
comment on column zendesk.access_visits.kinds is 'Kinds of the requests: view, write and so on.';
comment on column zendesk.access_visits.ip_addresses is 'Addresses the requests came from, each as text.';
comment on column zendesk.access_visits.access_log_id is 'The first request: access_logs.id, with first_at as its timestamp.';
comment on column zendesk.access_visits.addresses is 'The same in one text, with commas: for display and for filters of tools that do not know lists.';
comment on column zendesk.access_visits.kind_list is 'The kinds in one text, with commas: for filters of tools that do not know lists.';
