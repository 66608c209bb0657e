select zendesk_sync.put_rule(
  rule => 'two_networks',
  stream => 'access_logs',
  severity => 'medium',
  question => 'Is somebody in two networks at once?',
  title => 'Two networks at once',
  parameters => '{
    "minutes": 10
  }'
);

create view zendesk_sync.finding_two_networks as
with rule as (
  select r.severity, r.title, zendesk_sync.minutes_of(r.parameters) as span
  from zendesk.finding_rules r
  where r.rule = 'two_networks' and r.enabled
  offset 0
)
select
  l.account,
  'two_networks' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', zendesk.network_of(l.ip_address), ', ', zendesk.network_of(before.ip_address), ' until ',
    extract(epoch from l.timestamp - before.timestamp)::integer, ' seconds before') as summary,
  l.id as access_log_id
from rule
cross join zendesk.access_by_people l
left join zendesk.agent_day d
  on d.account = l.account and d.user_id = l.user_id and d.day = (l.timestamp at time zone 'UTC')::date
cross join lateral (
  select b.ip_address, b.timestamp from zendesk.access_logs b
  where b.account = l.account and b.user_id = l.user_id and not zendesk.is_own_request(b.client, b.url)
    and b.timestamp >= l.timestamp - rule.span and b.timestamp <= l.timestamp
    and (b.timestamp < l.timestamp or b.id < l.id)
    -- A browser may use IPv4 and IPv6 in turn.
    and family(b.ip_address) = family(l.ip_address)
  order by b.timestamp desc, b.id desc limit 1
) as before
-- Nothing to look for where the person had one address that day; the rollup may be older than the request.
where not (d.addresses = 1 and l.timestamp - rule.span >= d.first_at and l.timestamp <= d.last_at) is true
  and case
  when zendesk.network_of(before.ip_address) = zendesk.network_of(l.ip_address) then false
  else not exists (
    select from zendesk.access_logs b
    where b.account = l.account and b.user_id = l.user_id and not zendesk.is_own_request(b.client, b.url)
      and b.timestamp >= l.timestamp - rule.span and b.timestamp <= l.timestamp
      and (b.timestamp < l.timestamp or b.id < l.id)
      and zendesk.network_of(b.ip_address) = zendesk.network_of(l.ip_address)
    offset 0
  )
end;

select zendesk_sync.describe_findings('zendesk_sync.finding_two_networks', 'What the rule two_networks finds. Ask access_findings.');
