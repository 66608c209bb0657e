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
    zendesk_sync.minutes_of(r.parameters) as pause,
    r.parameters -> 'kinds' as kinds,
    r.parameters ->> 'ignore' as ignore
  from zendesk.finding_rules r
  where r.rule = 'off_hours_access' and r.enabled
  offset 0
)
select
  l.account,
  'off_hours_access' as rule,
  rule.severity,
  l.timestamp as created_at,
  l.user_id as actor_id,
  concat(rule.title, ': ', to_char(clock.local, 'FMDay HH24:MI')) as summary,
  l.id as access_log_id
from rule
cross join zendesk.access_by_people l
left join zendesk.users u on u.account = l.account and u.id = l.user_id
cross join lateral (
  -- A zone that this server does not know would end the query with an error.
  select case when u.iana_time_zone in (select z.name from pg_timezone_names z) then u.iana_time_zone else rule.time_zone end as zone offset 0
) as place
cross join lateral (select l.timestamp at time zone place.zone as local offset 0) as clock
where case
  when not zendesk.is_off_hours(clock.local, rule.opens, rule.closes, rule.weekend) then false
  when l.request ~ rule.ignore then false
  -- The first of a stretch, with which the person really does something.
  else not exists (
      select from zendesk.access_by_people b
      where b.account = l.account and b.user_id = l.user_id
        and b.timestamp > l.timestamp - rule.pause and b.timestamp <= l.timestamp
        and (b.timestamp < l.timestamp or b.id < l.id)
        and zendesk.is_off_hours(b.timestamp at time zone place.zone, rule.opens, rule.closes, rule.weekend)
        and b.request !~ rule.ignore
      offset 0
    )
    and exists (
      select from zendesk.access_log_resources r
      where r.account = l.account and r.user_id = l.user_id
        and r.timestamp >= l.timestamp and r.timestamp < l.timestamp + rule.pause
        and rule.kinds ? r.kind
      offset 0
    )
end;

select zendesk_sync.describe_findings('zendesk_sync.finding_off_hours_access', 'What the rule off_hours_access finds. Ask access_findings.');
