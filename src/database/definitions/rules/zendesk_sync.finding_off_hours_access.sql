select zendesk_sync.put_rule(
  rule => 'off_hours_access',
  stream => 'access_logs',
  severity => 'low',
  question => 'Who works at night or at the weekend? What matches "ignore" is asked for by an open browser tab too.',
  title => 'Access off hours',
  parameters => '{
    "from": "07:00",
    "until": "20:00",
    "weekend": true,
    "time_zone": "UTC",
    "minutes": 60,
    "kinds": ["view", "search", "export", "write", "secret", "log"],
    "ignore": "/(users/me|assignables|bookmarks|job_statuses|locales|push_notification_devices|skips)(/|\\.|$)|^/graphql (currentUser|me|viewer)$"
  }'
);

create view zendesk_sync.finding_off_hours_access as
with rule as (
  select
    r.severity,
    r.title,
    (r.parameters ->> 'from')::time as opens,
    (r.parameters ->> 'until')::time as closes,
    (r.parameters ->> 'weekend')::boolean as weekend,
    r.parameters ->> 'time_zone' as time_zone,
    greatest(zendesk_sync.minutes_of(r.parameters), interval '1 second') as pause,
    r.parameters -> 'kinds' as kinds,
    r.parameters ->> 'ignore' as ignore
  from zendesk.finding_rules r
  where r.rule = 'off_hours_access' and r.enabled
  offset 0
)
select
  o.account,
  'off_hours_access' as rule,
  rule.severity,
  o.timestamp as created_at,
  o.user_id as actor_id,
  concat(rule.title, ': ', to_char(o.timestamp at time zone o.zone, 'FMDay HH24:MI')) as summary,
  o.id as access_log_id
from rule
cross join lateral (
  -- What may begin a stretch, and what people really do (id is null), in one order.
  select
    e.*,
    count(*) filter (where e.id is null) over (
      partition by e.account, e.user_id order by e.timestamp range between current row and rule.pause - interval '1 microsecond' following
    ) as deeds
  from (
    select s.account, s.user_id, first.timestamp, first.id, s.zone
    from (
      -- Within each piece of time as long as a pause only the first can begin a stretch: the expression is slow.
      select person.account, person.user_id, person.zone, min(l.timestamp) as since,
        date_bin(rule.pause, l.timestamp, timestamptz 'epoch') + rule.pause as until
      from (
        select p.account, p.user_id, zendesk_sync.zone_of(u.iana_time_zone, rule.time_zone) as zone
        from (
          select a.account, a.user_id from zendesk.agent_day a
          where a.user_id > 0 and a.day >= (zendesk_sync.asked_from() at time zone 'UTC')::date
            and a.day < zendesk_sync.asked_until() at time zone 'UTC'
          group by a.account, a.user_id
        ) as p
        left join zendesk.users u on u.account = p.account and u.id = p.user_id
        offset 0
      ) as person
      join zendesk.access_by_people l
        on l.account = person.account and l.user_id = person.user_id
        and l.timestamp >= zendesk_sync.asked_from() and l.timestamp < zendesk_sync.asked_until()
      where zendesk.is_off_hours(l.timestamp at time zone person.zone, rule.opens, rule.closes, rule.weekend)
      group by person.account, person.user_id, person.zone, until
    ) as s
    cross join lateral (
      select l.timestamp, l.id from zendesk.access_by_people l
      where l.account = s.account and l.user_id = s.user_id
        and l.timestamp >= s.since and l.timestamp < least(s.until, zendesk_sync.asked_until())
        and case
          when zendesk.is_off_hours(l.timestamp at time zone s.zone, rule.opens, rule.closes, rule.weekend) then l.request !~ rule.ignore
          else false
        end
      order by l.timestamp, l.id limit 1
    ) as first
    union all
    -- Within a pause from a request on is what follows in its own piece or begins the next one.
    select d.account, d.user_id, t.timestamp, null, null
    from (
      select r.account, r.user_id, min(r.timestamp) as first_at, max(r.timestamp) as last_at
      from zendesk.access_log_resources r
      where r.timestamp >= zendesk_sync.asked_from() and r.timestamp < zendesk_sync.asked_until() + rule.pause and r.user_id > 0
        and rule.kinds ? r.kind
      group by r.account, r.user_id, date_bin(rule.pause, r.timestamp, timestamptz 'epoch')
    ) as d
    cross join lateral (values (d.first_at), (d.last_at)) as t (timestamp)
  ) as e
) as o
where o.id is not null and o.deeds > 0
  and not exists (
    select from zendesk.access_logs b
    where b.account = o.account and b.user_id = o.user_id
      and b.timestamp > o.timestamp - rule.pause and b.timestamp <= o.timestamp
      and (b.timestamp < o.timestamp or b.id < o.id)
      and case
        when zendesk.is_off_hours(b.timestamp at time zone o.zone, rule.opens, rule.closes, rule.weekend)
          then concat_ws(' ', zendesk.path_of(b.url), b.graphql_operation_name) !~ rule.ignore and not zendesk.is_own_request(b.client, b.url)
        else false
      end
    -- Mostly it is the one before.
    order by b.timestamp desc
    offset 0
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_off_hours_access', 'What the rule off_hours_access finds. Ask access_findings.');
