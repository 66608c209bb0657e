select zendesk_sync.put_rule(
  rule => 'new_network',
  stream => 'access_logs',
  severity => 'low',
  question => 'Does somebody work from a network (IPv4 /24, IPv6 /48) never seen of them?',
  title => 'First access from this network',
  parameters => '{
    "learning_days": 14
  }'
);

create view zendesk_sync.finding_new_network as
with rule as (
  select r.severity, r.title, make_interval(hours => 24 * (r.parameters ->> 'learning_days')::integer) as learning
  from zendesk.finding_rules r
  where r.rule = 'new_network' and r.enabled
  offset 0
)
select
  l.account,
  'new_network' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', zendesk.network_of(l.ip_address)) as summary,
  l.id as access_log_id
from rule
cross join (
  -- Only the first from this address in the span can be the first at all.
  select p.account, p.user_id, p.ip_address, min(p.timestamp) as timestamp
  from zendesk.access_by_people p
  where p.timestamp >= zendesk_sync.asked_from() and p.timestamp < zendesk_sync.asked_until() and p.ip_address is not null
  group by p.account, p.user_id, p.ip_address
) as f
cross join lateral (
  select f.account, f.timestamp, f.user_id, f.ip_address, p.id
  from zendesk.access_by_people p
  where p.account = f.account and p.user_id = f.user_id and p.timestamp = f.timestamp and p.ip_address = f.ip_address
  order by p.id limit 1
) as l
where case
    when l.timestamp < rule.learning + (
      select min(b.timestamp) from zendesk.access_logs b where b.account = l.account and b.user_id = l.user_id
    ) then false
    when exists (
      select from zendesk.access_logs b
      where b.account = l.account and b.user_id = l.user_id
        and b.timestamp <= l.timestamp and (b.timestamp < l.timestamp or b.id < l.id)
        -- Quicker where they are the same.
        and (b.ip_address = l.ip_address or zendesk.network_of(b.ip_address) = zendesk.network_of(l.ip_address))
      -- Mostly it is the one before.
      order by b.timestamp desc
      offset 0
    ) then false
    else true
  end;

select zendesk_sync.describe_findings('zendesk_sync.finding_new_network', 'What the rule new_network finds. Ask access_findings.');
