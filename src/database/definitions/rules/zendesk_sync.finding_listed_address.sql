select zendesk_sync.put_rule(
  rule => 'listed_address',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Does anything come from addresses on the list ip_ranges?',
  title => 'Address is on the list',
  patterns => array[
    zendesk_sync.pattern()
  ]
);

create view zendesk_sync.finding_listed_address as
select
  m.account,
  m.rule,
  coalesce(listed.severity, m.severity) as severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ': ', host(m.ip_address), ' is ', listed.label, ' (', listed.kind, ')', ', ' || m.change) as summary,
  m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select i.label, i.kind, i.severity from zendesk.ip_ranges i
  where m.ip_address <<= i.range and i.kind <> 'place'
  order by masklen(i.range) desc limit 1
) as listed
where m.enabled and m.rule = 'listed_address' and listed.kind <> 'trusted';

select zendesk_sync.describe_findings('zendesk_sync.finding_listed_address', 'What the rule listed_address finds. Ask audit_findings.');
