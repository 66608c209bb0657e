select zendesk_sync.put_rule(
  rule => 'off_hours_change',
  stream => 'audit_logs',
  severity => 'low',
  question => 'Who changes things at night or at the weekend?',
  title => 'Change off hours',
  parameters => '{
    "from": "07:00",
    "until": "20:00",
    "weekend": true,
    "time_zone": "UTC"
  }',
  patterns => array[
    zendesk_sync.pattern(actions => '{create,update,destroy,exported}')
  ]
);

create view zendesk_sync.finding_off_hours_change as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat(m.title, ': ', to_char(clock.local, 'FMDay HH24:MI'), ', ' || m.change) as summary,
  m.audit_log_id
from zendesk_sync.audit_matches_by_people m
left join zendesk.users u on u.account = m.account and u.id = m.actor_id
cross join lateral (
  -- A zone that this server does not know would end the query with an error.
  select m.created_at at time zone case
    when u.iana_time_zone in (select z.name from pg_timezone_names z) then u.iana_time_zone
    else m.parameters ->> 'time_zone'
  end as local offset 0
) as clock
where m.rule = 'off_hours_change'
  and zendesk.is_off_hours(
    clock.local, (m.parameters ->> 'from')::time, (m.parameters ->> 'until')::time, (m.parameters ->> 'weekend')::boolean
  );

select zendesk_sync.describe_findings('zendesk_sync.finding_off_hours_change', 'What the rule off_hours_change finds. Ask audit_findings.');
