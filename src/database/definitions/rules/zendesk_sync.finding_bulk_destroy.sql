select zendesk_sync.put_rule(
  rule => 'bulk_destroy',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Does somebody delete many things at once?',
  title => 'Many deletions',
  parameters => '{
    "count": 10,
    "minutes": 10
  }',
  patterns => array[
    zendesk_sync.pattern(actions => '{destroy}')
  ]
);

create view zendesk_sync.finding_bulk_destroy as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ': ', m.parameters ->> 'count', ' within ', m.parameters ->> 'minutes', ' minutes', ', the last: ' || m.change) as summary,
  m.audit_log_id
from zendesk.audit_matches m
where m.enabled and m.rule = 'bulk_destroy'
  -- The one that reaches the threshold, not those after it.
  and (m.parameters ->> 'count')::integer = (
    select count(*)
    from (
      select
      from zendesk.audit_matches b
      where b.rule = 'bulk_destroy' and b.account = m.account and b.actor_id = m.actor_id
        and b.created_at > m.created_at - zendesk_sync.minutes_of(m.parameters)
        and b.created_at <= m.created_at
        and (b.created_at < m.created_at or b.audit_log_id <= m.audit_log_id)
      limit (m.parameters ->> 'count')::integer + 1
    ) as recent
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_bulk_destroy', 'What the rule bulk_destroy finds. Ask audit_findings.');
