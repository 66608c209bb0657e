create view zendesk.setting_history as
select
  e.account,
  e.source_type,
  e.source_id,
  e.source_label as setting,
  e.property,
  e.old_value,
  e.new_value,
  e.description,
  e.created_at as valid_from,
  lead(e.created_at) over (
    partition by e.account, e.source_type, e.source_id, e.source_label, e.property order by e.created_at, e.id
  ) as valid_until,
  e.actor_id,
  e.actor_name,
  e.id as audit_log_id
from zendesk.audit_events e
where e.source_type in ('account', 'account_setting', 'user_setting') or e.source_type like 'zendesk/business\_hours/%';

comment on view zendesk.setting_history is 'Settings of the account and of people, and schedules, over time. For the value at a time T: new_value where valid_from <= T and (valid_until > T or valid_until is null); before the first row its old_value.';
comment on column zendesk.setting_history.account is 'Key of the Zendesk account.';
comment on column zendesk.setting_history.source_type is 'account, account_setting, user_setting or a type of schedule.';
comment on column zendesk.setting_history.source_id is 'Id of the setting or schedule.';
comment on column zendesk.setting_history.setting is 'Name of the setting, such as "Security: Session expiration".';
comment on column zendesk.setting_history.property is 'What changed of it, such as Owner; null where the record names nothing.';
comment on column zendesk.setting_history.old_value is 'Value before, where the record names it.';
comment on column zendesk.setting_history.new_value is 'Value from valid_from on, where the record names it; see description where not.';
comment on column zendesk.setting_history.description is 'The cleaned description of the change.';
comment on column zendesk.setting_history.valid_from is 'When the setting changed.';
comment on column zendesk.setting_history.valid_until is 'When it changed next; null for the present value.';
comment on column zendesk.setting_history.actor_id is 'Who changed it.';
comment on column zendesk.setting_history.actor_name is 'Name of who changed it.';
comment on column zendesk.setting_history.audit_log_id is 'The record: audit_logs.id.';
