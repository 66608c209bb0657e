select zendesk_sync.put_rule(
  rule => 'first_seen_network',
  stream => 'audit_logs',
  severity => 'low',
  question => 'Does somebody work from a network (IPv4 /24, IPv6 /48) never seen of them?',
  title => 'First activity from this network',
  parameters => '{
    "learning_days": 14
  }',
  patterns => array[
    zendesk_sync.pattern()
  ]
);

create view zendesk_sync.finding_first_seen_network as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ': ', zendesk.network_of(m.ip_address), ', ' || m.change) as summary,
  m.audit_log_id
from zendesk_sync.audit_matches_by_people m
where m.rule = 'first_seen_network' and m.ip_address is not null
  and m.created_at >= (
    select min(b.created_at) from zendesk.audit_logs b where b.account = m.account and b.actor_id = m.actor_id
  ) + make_interval(hours => 24 * (m.parameters ->> 'learning_days')::integer)
  and not exists (
    select from zendesk.audit_logs b
    where b.account = m.account and b.actor_id = m.actor_id
      -- An equality of expressions, so that it can be a hash join.
      and zendesk.network_of(b.ip_address) = zendesk.network_of(m.ip_address)
      and b.created_at <= m.created_at and (b.created_at < m.created_at or b.id < m.audit_log_id)
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_first_seen_network', 'What the rule first_seen_network finds. Ask audit_findings.');
