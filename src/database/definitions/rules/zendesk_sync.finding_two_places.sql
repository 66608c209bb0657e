select zendesk_sync.put_rule(
  rule => 'two_places',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Does somebody sign in from two places within hours? Where addresses are is told by ip_ranges of these kinds.',
  title => 'Sign-ins from two places',
  parameters => '{
    "hours": 3,
    "kinds": ["place", "country"]
  }',
  patterns => array[
    zendesk_sync.pattern(source_types => '{user}', actions => '{login}')
  ]
);

create view zendesk_sync.finding_two_places as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ': ', here.label, ', ', there.label, ' ', round(extract(epoch from m.created_at - before.created_at) / 60), ' minutes before') as summary,
  m.audit_log_id
from zendesk_sync.audit_matches_by_people m
cross join lateral (
  select i.label from zendesk.ip_ranges i
  where m.ip_address <<= i.range and m.parameters -> 'kinds' ? i.kind
  order by masklen(i.range) desc limit 1
) as here
cross join lateral (
  select b.created_at, b.ip_address from zendesk.audit_logs b
  where b.account = m.account and b.actor_id = m.actor_id and b.source_type = 'user' and b.action = 'login'
    and b.created_at >= m.created_at - make_interval(hours => (m.parameters ->> 'hours')::integer)
    and b.created_at <= m.created_at and (b.created_at < m.created_at or b.id < m.audit_log_id)
  order by b.created_at desc, b.id desc limit 1
) as before
cross join lateral (
  select i.label from zendesk.ip_ranges i
  where before.ip_address <<= i.range and m.parameters -> 'kinds' ? i.kind
  order by masklen(i.range) desc limit 1
) as there
where m.rule = 'two_places' and here.label <> there.label;

select zendesk_sync.describe_findings('zendesk_sync.finding_two_places', 'What the rule two_places finds. Ask audit_findings.');
