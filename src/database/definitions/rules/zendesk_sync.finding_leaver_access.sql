select zendesk_sync.put_rule(
  rule => 'leaver_access',
  stream => 'access_logs',
  severity => 'high',
  question => 'Who still has access after being suspended, deleted or losing the role?',
  title => 'Access after leaving',
  parameters => '{
    "minutes": 30
  }'
);

create view zendesk_sync.finding_leaver_access as
with rule as (
  select r.severity, r.title, zendesk_sync.minutes_of(r.parameters) as pause
  from zendesk.finding_rules r
  where r.rule = 'leaver_access' and r.enabled
  offset 0
)
select
  l.account,
  'leaver_access' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', gone.how, ' since ', to_char(gone.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), ' UTC') as summary,
  l.id as access_log_id
from rule
cross join (select distinct g.account, g.user_id from zendesk.leavers g) as leaver
join zendesk.access_by_people l on l.account = leaver.account and l.user_id = leaver.user_id
cross join lateral (
  select g.how, g.since from zendesk.leavers g
  where g.account = l.account and g.user_id = l.user_id and g.since < l.timestamp and g.until > l.timestamp
  order by g.since, g.how limit 1
) as gone
where not zendesk.is_denied(l.status)
  -- The first of a visit.
  and not exists (
    select from zendesk.access_logs b
    where b.account = l.account and b.user_id = l.user_id
      and b.timestamp >= l.timestamp - rule.pause and b.timestamp <= l.timestamp and b.timestamp > gone.since
      and (b.timestamp < l.timestamp or b.id < l.id)
      and not zendesk.is_denied(b.status)
      and not zendesk.is_own_request(b.client, b.url)
    offset 0
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_leaver_access', 'What the rule leaver_access finds. Ask access_findings.');
