create view zendesk_sync.audit_matches_by_people as
select
  m.account,
  m.rule,
  m.severity,
  m.title,
  m.parameters,
  m.created_at,
  m.audit_log_id,
  m.actor_id,
  m.actor_name,
  m.ip_address,
  m.change
from zendesk.audit_matches m
where m.enabled and m.actor_id > 0
  and not exists (select from zendesk.service_accounts s where s.account = m.account and s.user_id = m.actor_id);

comment on view zendesk_sync.audit_matches_by_people is 'Records of the audit log that match a pattern of an enabled rule and were caused by people, not by the system or a service account.';
comment on column zendesk_sync.audit_matches_by_people.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.audit_matches_by_people.rule is 'The rule whose pattern matches.';
comment on column zendesk_sync.audit_matches_by_people.severity is 'Severity by the pattern, else by the rule.';
comment on column zendesk_sync.audit_matches_by_people.title is 'What a finding of the rule means.';
comment on column zendesk_sync.audit_matches_by_people.parameters is 'Thresholds of the rule.';
comment on column zendesk_sync.audit_matches_by_people.created_at is 'When the change happened, UTC.';
comment on column zendesk_sync.audit_matches_by_people.audit_log_id is 'The record: audit_logs.id.';
comment on column zendesk_sync.audit_matches_by_people.actor_id is 'Who made the change.';
comment on column zendesk_sync.audit_matches_by_people.actor_name is 'Name of the actor as the record gives it.';
comment on column zendesk_sync.audit_matches_by_people.ip_address is 'Address the change was made from.';
comment on column zendesk_sync.audit_matches_by_people.change is 'The thing and what changed of it, on one line.';
