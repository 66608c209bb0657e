select zendesk_sync.put_rule(
  rule => 'change_after_grant',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Did somebody change security soon after becoming an admin?',
  title => 'Security change soon after admin role',
  parameters => '{
    "hours": 24
  }',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{account,account_setting,user_setting,api_token,apitoken}',
      actions => '{create,update,destroy}'
    ),
    zendesk_sync.pattern(source_types => '{user}', actions => '{update}', description => '(role|password|e-?mail)')
  ]
);

create view zendesk_sync.finding_change_after_grant as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ' of ', to_char(granted.created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), ' UTC', ': ' || m.change) as summary,
  m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select g.created_at from zendesk.audit_matches g
  where g.rule = 'admin_role_assigned' and g.account = m.account and g.source_type = 'user' and g.source_id = m.actor_id
    and g.created_at >= m.created_at - make_interval(hours => (m.parameters ->> 'hours')::integer)
    and g.created_at <= m.created_at and (g.created_at < m.created_at or g.audit_log_id < m.audit_log_id)
  order by g.created_at desc limit 1
) as granted
where m.enabled and m.rule = 'change_after_grant';

select zendesk_sync.describe_findings('zendesk_sync.finding_change_after_grant', 'What the rule change_after_grant finds. Ask audit_findings.');
