select zendesk_sync.put_rule(
  rule => 'denied_burst',
  stream => 'access_logs',
  severity => 'medium',
  question => 'Who is refused again and again?',
  title => 'Many requests denied',
  parameters => '{
    "count": 20,
    "minutes": 10
  }'
);

create view zendesk_sync.finding_denied_burst as
with rule as (
  select r.severity, r.title, (r.parameters ->> 'count')::integer as count, (r.parameters ->> 'minutes')::integer as minutes
  from zendesk.finding_rules r
  where r.rule = 'denied_burst' and r.enabled
  offset 0
)
select
  l.account,
  'denied_burst' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', rule.count, ' within ', rule.minutes, ' minutes') as summary,
  l.id as access_log_id
from rule
cross join zendesk.access_by_people l
where zendesk.is_denied(l.status)
  -- The one that reaches the threshold, not those after it.
  and rule.count = (
    select count(*)
    from (
      select from zendesk.access_logs b
      where b.account = l.account and b.user_id = l.user_id and zendesk.is_denied(b.status)
        and b.timestamp > l.timestamp - make_interval(mins => rule.minutes) and b.timestamp <= l.timestamp
        and (b.timestamp < l.timestamp or b.id <= l.id)
        and not zendesk.is_own_request(b.client, b.url)
      limit rule.count + 1
    ) as recent
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_denied_burst', 'What the rule denied_burst finds. Ask access_findings.');
