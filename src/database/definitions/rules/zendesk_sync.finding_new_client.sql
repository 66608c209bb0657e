select zendesk_sync.put_rule(
  rule => 'new_client',
  stream => 'access_logs',
  severity => 'low',
  question => 'Does somebody use a browser or program never seen of them, its version aside?',
  title => 'First access with this client',
  parameters => '{
    "learning_days": 14
  }'
);

create view zendesk_sync.finding_new_client as
with rule as (
  select r.severity, r.title, make_interval(hours => 24 * (r.parameters ->> 'learning_days')::integer) as learning
  from zendesk.finding_rules r
  where r.rule = 'new_client' and r.enabled
  offset 0
)
select
  l.account,
  'new_client' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', left(l.client, 200)) as summary,
  l.id as access_log_id
from rule
cross join (
  -- Only the first with this client in the span can be the first at all.
  select p.account, p.user_id, p.client, min(p.timestamp) as timestamp
  from zendesk.access_by_people p
  where p.timestamp >= zendesk_sync.asked_from() and p.timestamp < zendesk_sync.asked_until() and p.client is not null
  group by p.account, p.user_id, p.client
) as f
cross join lateral (
  select f.account, f.timestamp, f.user_id, f.client, zendesk.client_family(f.client) as family, p.id
  from zendesk.access_by_people p
  where p.account = f.account and p.user_id = f.user_id and p.timestamp = f.timestamp and p.client = f.client
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
        and b.client = l.client
      -- Mostly it is the one before.
      order by b.timestamp desc
      offset 0
    ) then false
    -- Only then, and of each earlier client once: the family costs more than all the rest.
    when l.family in (
      select zendesk.client_family(b.client)
      from (
        select distinct b.client from zendesk.access_logs b
        where b.account = l.account and b.user_id = l.user_id
          and b.timestamp <= l.timestamp and (b.timestamp < l.timestamp or b.id < l.id)
          and b.client is not null
      ) as b
    ) then false
    else true
  end;

select zendesk_sync.describe_findings('zendesk_sync.finding_new_client', 'What the rule new_client finds. Ask access_findings.');
