create view zendesk.access_visits as
select
  d.account,
  d.day,
  v.user_id,
  (select p.name from zendesk_sync.person_at(d.account, v.user_id, v.first_at) as p) as user_name,
  v.resource_type,
  v.resource_id,
  v.is_denied,
  v.is_own_visit
    or exists (select from zendesk.service_accounts s where s.account = d.account and s.user_id = v.user_id) as is_service_account,
  v.first_at,
  v.last_at,
  v.requests,
  v.kinds,
  v.ip_addresses,
  v.access_log_id
from (
  select a.account, a.day from zendesk.agent_day a
  union
  -- Days whose rollups are still to be made.
  select t.account, t.day from zendesk_sync.stale_days t where t.stream = 'access_logs'
) as d
cross join lateral (
  select
    n.user_id,
    n.resource_type,
    n.resource_id,
    n.is_denied,
    min(n.timestamp) as first_at,
    max(n.timestamp) as last_at,
    bool_and(n.is_own_request) as is_own_visit,
    count(distinct n.access_log_id)::integer as requests,
    array_agg(distinct n.kind) as kinds,
    array_agg(distinct n.ip_address) filter (where n.ip_address is not null) as ip_addresses,
    (array_agg(n.access_log_id order by n.timestamp, n.access_log_id))[1] as access_log_id
  from (
    select
      g.*,
      count(*) filter (where g.gap is null or g.gap > interval '30 minutes') over (
        partition by g.user_id, g.resource_type, g.resource_id, g.is_denied order by g.timestamp, g.access_log_id
      ) as visit
    from (
      select
        r.user_id,
        r.resource_type,
        r.resource_id,
        zendesk.is_denied(r.status) as is_denied,
        r.timestamp,
        r.access_log_id,
        r.kind,
        l.ip_address,
        zendesk.is_own_request(l.client, l.url) as is_own_request,
        r.timestamp - lag(r.timestamp) over (
          partition by r.user_id, r.resource_type, r.resource_id, zendesk.is_denied(r.status) order by r.timestamp, r.access_log_id
        ) as gap
      from zendesk.access_log_resources r
      left join zendesk.access_logs l
        on l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
        and l.timestamp >= zendesk_sync.start_of(d.day) and l.timestamp < zendesk_sync.start_of(d.day + 1)
      where r.account = d.account and r.resource_id is not null
        and r.timestamp >= zendesk_sync.start_of(d.day) and r.timestamp < zendesk_sync.start_of(d.day + 1)
    ) as g
  ) as n
  group by n.user_id, n.resource_type, n.resource_id, n.is_denied, n.visit
) as v;

comment on view zendesk.access_visits is 'Who looked at what, requests put together to visits: a visit ends when the person leaves the resource alone for more than 30 minutes, and at midnight UTC. Ask for a span of day, or for a resource.';
comment on column zendesk.access_visits.account is 'Key of the Zendesk account.';
comment on column zendesk.access_visits.day is 'The day of the visit, UTC. Name a span of it: the times alone would have all days read.';
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
comment on column zendesk.access_visits.ip_addresses is 'Addresses the requests came from.';
comment on column zendesk.access_visits.access_log_id is 'The first request: access_logs.id, with first_at as its timestamp.';
