select zendesk_sync.put_rule(
  rule => 'api_access',
  stream => 'access_logs',
  severity => 'low',
  question => 'Who lets programs work in their name? Programs that may belong to service_accounts.',
  title => 'API used in the name of a person',
  parameters => '{
    "types": ["basic", "bearer"],
    "hours": 24
  }'
);

create view zendesk_sync.finding_api_access as
with rule as (
  select r.severity, r.title, r.parameters -> 'types' as types, make_interval(hours => (r.parameters ->> 'hours')::integer) as pause
  from zendesk.finding_rules r
  where r.rule = 'api_access' and r.enabled
  offset 0
)
select
  l.account,
  'api_access' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', l.authorization_type, ', ' || left(l.client, 200)) as summary,
  l.id as access_log_id
from rule
join zendesk.access_by_people l on rule.types ? l.authorization_type
where not zendesk.is_denied(l.status)
  and not exists (
    select from zendesk.access_logs b
    where b.account = l.account and b.user_id = l.user_id
      and b.timestamp >= l.timestamp - rule.pause and b.timestamp <= l.timestamp
      and (b.timestamp < l.timestamp or b.id < l.id)
      and rule.types ? b.authorization_type and not zendesk.is_denied(b.status)
      and not zendesk.is_own_request(b.client, b.url)
    -- Mostly it is the one before.
    order by b.timestamp desc
    offset 0
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_api_access', 'What the rule api_access finds. Ask access_findings.');
