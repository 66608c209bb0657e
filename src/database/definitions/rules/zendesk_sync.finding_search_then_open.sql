select zendesk_sync.put_rule(
  rule => 'search_then_open',
  stream => 'access_logs',
  severity => 'medium',
  question => 'Who opens many things after one search?',
  title => 'Many resources opened after a search',
  parameters => '{
    "count": 20,
    "minutes": 10
  }'
);

create view zendesk_sync.finding_search_then_open as
with rule as (
  select r.severity, r.title, (r.parameters ->> 'count')::integer as count, (r.parameters ->> 'minutes')::integer as minutes,
    greatest(zendesk_sync.minutes_of(r.parameters), interval '1 second') as piece
  from zendesk.finding_rules r
  where r.rule = 'search_then_open' and r.enabled
  offset 0
)
select
  r.account,
  'search_then_open' as rule,
  rule.severity,
  r.timestamp as created_at,
  r.user_id as actor_id,
  concat(rule.title, ': ', opened.resources, ' within ', rule.minutes, ' minutes') as summary,
  r.access_log_id
from rule
cross join lateral (
  -- Read twice, so that a condition on the account reaches the index.
  with looked_at as not materialized (
    select b.account, b.user_id, b.timestamp, b.access_log_id, b.kind, b.status, date_bin(rule.piece, b.timestamp, timestamptz 'epoch') as piece
    from zendesk.access_log_resources b
    where b.timestamp >= zendesk_sync.asked_from() and b.timestamp < zendesk_sync.asked_until() + make_interval(mins => rule.minutes)
      and b.position = 0 and (b.kind = 'search' or b.kind = 'view' and b.resource_id is not null and not zendesk.is_denied(b.status))
      and (b.account, b.user_id) not in (select s.account, s.user_id from zendesk.service_accounts s)
  ),
  pieces as (
    select l.account, l.user_id, l.piece,
      bool_or(l.kind = 'search') as has_search,
      -- What may follow a search of this piece is in it or in the next one.
      sum(count(*) filter (where l.kind = 'view')) over (
        partition by l.account, l.user_id order by l.piece range between current row and rule.piece following
      ) as views
    from looked_at l
    group by l.account, l.user_id, l.piece
  ),
  -- Sorting all that was looked at costs more than all the rest.
  busy as (
    select p.account, p.user_id, p.piece + n * rule.piece as piece
    from pieces p
    cross join generate_series(0, 1) as n
    where p.has_search and p.views > rule.count
    group by 1, 2, 3
  )
  -- How much was opened after a search, before the next one: at least as much as is counted below.
  select
    g.account,
    g.user_id,
    g.timestamp,
    g.access_log_id,
    g.kind,
    count(*) filter (where g.kind = 'view') over (
      partition by g.account, g.user_id, g.searches order by g.timestamp
      range between current row and make_interval(mins => rule.minutes) following
    ) as views
  from (
    select
      b.account,
      b.user_id,
      b.timestamp,
      b.access_log_id,
      b.kind,
      count(*) filter (where b.kind = 'search' and not zendesk.is_denied(b.status)) over (
        partition by b.account, b.user_id order by b.timestamp, b.access_log_id
      ) as searches
    from looked_at b
    join busy using (account, user_id, piece)
  ) as g
) as r
cross join lateral (
  select case when r.views > rule.count then (
    select count(distinct (o.resource_type, o.resource_id))
    from (
      select b.kind, b.resource_type, b.resource_id,
        -- What comes after the next search belongs to that, which may be the same one with a letter more.
        count(*) filter (where b.kind = 'search') over (order by b.timestamp, b.access_log_id) as searches
      from zendesk.access_log_resources b
      where b.account = r.account and b.user_id = r.user_id and b.position = 0
        and b.timestamp >= r.timestamp and b.timestamp < r.timestamp + make_interval(mins => rule.minutes)
        and (b.timestamp > r.timestamp or b.access_log_id > r.access_log_id)
        and not zendesk.is_denied(b.status)
    ) as o
    where o.searches = 0 and o.kind = 'view' and o.resource_id is not null
  ) end as resources
  offset 0
) as opened
where r.kind = 'search' and r.timestamp < zendesk_sync.asked_until() and r.views > rule.count and opened.resources > rule.count;

select zendesk_sync.describe_findings('zendesk_sync.finding_search_then_open', 'What the rule search_then_open finds. Ask access_findings.');
