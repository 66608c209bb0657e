-- How much is usual is told by agent_day, which is small.
create view zendesk_sync.findings_by_measure as
select
  o.account,
  o.rule,
  o.severity,
  o.last_at as created_at,
  o.user_id as actor_id,
  concat(o.title, ': ', round(o.value), ' on ', to_char(o.day, 'YYYY-MM-DD'), ', usually ', round(o.median)) as summary,
  (
    select l.id from zendesk.access_logs l
    where l.account = o.account and l.user_id = o.user_id and l.timestamp = o.last_at
    order by l.id desc limit 1
  ) as access_log_id
from (
  select
    d.account, d.day, d.user_id, d.last_at, f.rule, f.severity, f.title, f.z, f.floor, d.value,
    percentile_cont(0.5) within group (order by usual.value) as median,
    array_agg(usual.value) as usual
  from (
    select
      r.rule,
      r.severity,
      r.title,
      r.parameters ->> 'measure' as measure,
      (r.parameters ->> 'minimum')::double precision as minimum,
      (r.parameters ->> 'z')::double precision as z,
      (r.parameters ->> 'floor')::double precision as floor,
      (r.parameters ->> 'days')::integer as days,
      (r.parameters ->> 'least_days')::integer as least_days
    from zendesk.finding_rules r
    where r.stream = 'access_logs' and r.parameters ? 'measure' and r.enabled
  ) as f
  cross join lateral (
    select
      a.account, a.day, a.user_id, a.last_at,
      zendesk.measure_of(
        f.measure, a.requests, a.denied, a.views, a.lists, a.searches, a.exports, a.writes, a.secrets,
        a.logs, a.unclassified, a.tickets, a.users, a.resources, a.addresses, a.bytes_sent
      ) as value
    from zendesk.agent_day a
    where a.user_id > 0
      -- A day of reading logs is that of a program such as this one.
      and a.logs * 2 <= a.requests
      and not exists (select from zendesk.service_accounts s where s.account = a.account and s.user_id = a.user_id)
  ) as d
  cross join lateral (
    select
      zendesk.measure_of(
        f.measure, b.requests, b.denied, b.views, b.lists, b.searches, b.exports, b.writes, b.secrets,
        b.logs, b.unclassified, b.tickets, b.users, b.resources, b.addresses, b.bytes_sent
      ) as value
    from zendesk.agent_day b
    where b.account = d.account and b.user_id = d.user_id and b.day < d.day and b.day >= d.day - f.days
  ) as usual
  where d.value >= f.minimum
  group by d.account, d.day, d.user_id, d.last_at, d.value, f.rule, f.severity, f.title, f.z, f.floor, f.least_days
  having count(*) >= f.least_days
) as o
where o.value - o.median > o.z * greatest(
  o.floor,
  1.4826 * (select percentile_cont(0.5) within group (order by abs(x - o.median)) from unnest(o.usual) as x)
);

select zendesk_sync.describe_findings(
  'zendesk_sync.findings_by_measure', 'What the rules find that compare a day of a person with the days before: those with the parameter "measure". Ask access_findings.'
);
