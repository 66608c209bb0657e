select zendesk_sync.put_rule(
  rule => 'bulk_read',
  stream => 'access_logs',
  severity => 'low',
  question => 'Who reads many resources by one request?',
  title => 'Many resources in one request',
  parameters => '{
    "count": 50,
    "kinds": ["view", "list", "search"]
  }'
);

create view zendesk_sync.finding_bulk_read as
with rule as (
  select r.severity, r.title, (r.parameters ->> 'count')::integer as count, r.parameters -> 'kinds' as kinds
  from zendesk.finding_rules r
  where r.rule = 'bulk_read' and r.enabled
  offset 0
)
select
  r.account,
  'bulk_read' as rule,
  rule.severity,
  r.timestamp as created_at,
  r.user_id as actor_id,
  concat(rule.title, ': more than ', rule.count, ', the last counted: ', r.resource_type, ' ', r.resource_id) as summary,
  r.access_log_id
from rule
-- Positions count from 0: a request has this one only if it names more.
join zendesk_sync.resources_by_people r on r.position = rule.count and rule.kinds ? r.kind
-- In this order: nearly no request names that many, and the last look costs more than all the rest.
where case when r.position <> rule.count or zendesk.is_denied(r.status) then false else not r.is_own_request end;

select zendesk_sync.describe_findings('zendesk_sync.finding_bulk_read', 'What the rule bulk_read finds. Ask access_findings.');
