select zendesk_sync.put_rule(
  rule => 'enumeration',
  stream => 'access_logs',
  severity => 'high',
  question => 'Who opens one id after the other? Full blocks are found: 40 to 59 where the block is 20.',
  title => 'Ids opened one after the other',
  parameters => '{
    "block": 20,
    "minutes": 5,
    "types": ["ticket", "user", "organization"]
  }'
);

create view zendesk_sync.finding_enumeration as
with rule as (
  select
    r.severity,
    r.title,
    (r.parameters ->> 'block')::integer as block,
    zendesk_sync.minutes_of(r.parameters) as span,
    r.parameters -> 'types' as types
  from zendesk.finding_rules r
  where r.rule = 'enumeration' and r.enabled
  offset 0
)
select
  r.account,
  'enumeration' as rule,
  rule.severity,
  r.timestamp as created_at,
  r.user_id as actor_id,
  concat(rule.title, ': ', r.resource_type, ' ', r.resource_id::bigint - rule.block + 1, ' to ', r.resource_id) as summary,
  r.access_log_id
from rule
cross join zendesk_sync.resources_by_people r
where r.kind = 'view' and r.position = 0
  and case
    -- What the last digit tells already costs a tenth of the expression.
    when (ascii(right(r.resource_id, 1)) - ascii('0') + 1) % gcd(rule.block, 10) <> 0 then false
    when not rule.types ? r.resource_type or r.resource_id !~ '^[1-9]\d{0,17}$' then false
    -- Only the last id of a block is looked at, the first time it is opened.
    when (r.resource_id::bigint + 1) % rule.block <> 0 then false
    -- Whoever makes fewer requests cannot have opened that many.
    when not exists (
      select from zendesk.access_logs l
      where l.account = r.account and l.user_id = r.user_id and l.timestamp >= r.timestamp - rule.span and l.timestamp <= r.timestamp + rule.span
      offset rule.block - 1
    ) then false
    when exists (
      select from zendesk.access_log_resources b
      where b.account = r.account and b.resource_id = r.resource_id and b.resource_type = r.resource_type and b.user_id = r.user_id
        and b.timestamp >= r.timestamp - rule.span and b.timestamp <= r.timestamp
        and (b.timestamp < r.timestamp or b.access_log_id < r.access_log_id) and b.position = 0
      offset 0
    ) then false
    else not exists (
      select from generate_series(1, rule.block - 1) as back
      where not exists (
        select from zendesk.access_log_resources b
        where b.account = r.account and b.resource_id = (r.resource_id::bigint - back)::text and b.resource_type = r.resource_type
          and b.user_id = r.user_id and b.timestamp >= r.timestamp - rule.span and b.timestamp <= r.timestamp + rule.span and b.position = 0
        offset 0
      )
      offset 0
    )
  end;

select zendesk_sync.describe_findings('zendesk_sync.finding_enumeration', 'What the rule enumeration finds. Ask access_findings.');
