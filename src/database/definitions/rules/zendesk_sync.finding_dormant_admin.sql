select zendesk_sync.put_rule(
  rule => 'dormant_admin',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Which admin acts again after a long time?',
  title => 'Admin active again',
  parameters => '{
    "days": 60
  }',
  patterns => array[
    zendesk_sync.pattern()
  ]
);

create view zendesk_sync.finding_dormant_admin as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ' after ', extract(day from m.created_at - before.created_at), ' days', ': ' || m.change) as summary,
  m.audit_log_id
from zendesk_sync.audit_matches_by_people m
cross join lateral (
  select b.created_at from zendesk.audit_logs b
  where b.account = m.account and b.actor_id = m.actor_id
    and b.created_at <= m.created_at and (b.created_at < m.created_at or b.id < m.audit_log_id)
  order by b.created_at desc limit 1
) as before
where m.rule = 'dormant_admin'
  and m.created_at - before.created_at > make_interval(hours => 24 * (m.parameters ->> 'days')::integer)
  -- Of whom nothing is known may have been an admin.
  and 'admin' = coalesce(
    (select p.role from zendesk_sync.person_at(m.account, m.actor_id, m.created_at) as p),
    (select u.role from zendesk.users u where u.account = m.account and u.id = m.actor_id),
    'admin'
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_dormant_admin', 'What the rule dormant_admin finds. Ask audit_findings.');
