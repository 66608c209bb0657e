select zendesk_sync.put_rule(
  rule => 'watchlist_access',
  stream => 'access_logs',
  severity => 'high',
  question => 'Who looks at what is on the list watchlist?',
  title => 'Watched resource accessed',
  parameters => '{
    "minutes": 30
  }'
);

create view zendesk_sync.finding_watchlist_access as
with rule as (
  select r.severity, r.title, zendesk_sync.minutes_of(r.parameters) as pause
  from zendesk.finding_rules r
  where r.rule = 'watchlist_access' and r.enabled
  offset 0
)
select
  r.account,
  'watchlist_access' as rule,
  rule.severity,
  r.timestamp as created_at,
  r.user_id as actor_id,
  concat(rule.title, ': ', w.resource_type, ' ', w.resource_id, ', ' || w.note, case when zendesk.is_denied(r.status) then ', denied' end) as summary,
  r.access_log_id
from rule
cross join zendesk.watchlist w
join zendesk_sync.resources_by_people r
  on r.account = w.account and r.resource_type = w.resource_type and r.resource_id = w.resource_id
where not r.is_own_request
  -- The first of a visit.
  and not exists (
    select from zendesk_sync.resources_by_people b
    where b.account = r.account and b.resource_type = r.resource_type and b.resource_id = r.resource_id
      and b.user_id is not distinct from r.user_id
      and b.timestamp >= r.timestamp - rule.pause and b.timestamp <= r.timestamp
      and (b.timestamp < r.timestamp or b.access_log_id < r.access_log_id or b.access_log_id = r.access_log_id and b.position < r.position)
      -- Without a status nothing says that two requests belong together.
      and r.status is not null and zendesk.is_denied(b.status) = zendesk.is_denied(r.status)
      and not b.is_own_request
    offset 0
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_watchlist_access', 'What the rule watchlist_access finds. Ask access_findings.');
