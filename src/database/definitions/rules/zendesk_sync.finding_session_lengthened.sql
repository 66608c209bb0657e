select zendesk_sync.put_rule(
  rule => 'session_lengthened',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Do sessions last longer now?',
  title => 'Session lengthened',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      label => 'session (expiration|timeout|length|duration)',
      description => 'from \d+ [a-z]+ to \d+ [a-z]+'
    )
  ]
);

create view zendesk_sync.finding_session_lengthened as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  m.title || ' from ' || span.parts[1] || ' to ' || span.parts[2] as summary,
  m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select regexp_match(m.description, '\mfrom (\d{1,6} (?:second|minute|hour|day|week|month|year)s?) to (\d{1,6} (?:second|minute|hour|day|week|month|year)s?)\M', 'i') as parts
) as span
where m.enabled and m.rule = 'session_lengthened' and span.parts[2]::interval > span.parts[1]::interval;

select zendesk_sync.describe_findings('zendesk_sync.finding_session_lengthened', 'What the rule session_lengthened finds. Ask audit_findings.');
