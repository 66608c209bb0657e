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
cross join lateral (
  -- Within each piece of time as long as the pause only the first can be one.
  select p.account, p.user_id, min(p.timestamp) as timestamp
  from zendesk.access_by_people p
  where p.timestamp >= zendesk_sync.asked_from() and p.timestamp < zendesk_sync.asked_until()
    and rule.types ? p.authorization_type and not zendesk.is_denied(p.status)
  group by p.account, p.user_id, date_bin(greatest(rule.pause, interval '1 microsecond'), p.timestamp, timestamptz 'epoch')
) as f
cross join lateral (
  select f.account, f.user_id, f.timestamp, p.id, p.authorization_type, p.client
  from zendesk.access_by_people p
  where p.account = f.account and p.user_id = f.user_id and p.timestamp = f.timestamp
    and rule.types ? p.authorization_type and not zendesk.is_denied(p.status)
  order by p.id limit 1
) as l
where not exists (
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
