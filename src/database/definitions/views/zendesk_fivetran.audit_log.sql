create view zendesk_fivetran.audit_log as
select
  id,
  action,
  actor_id,
  zendesk_sync.shown_text(source_type, change_description, (select has_table_privilege('zendesk.audit_logs', 'select'))) as change_description,
  created_at,
  source_id,
  zendesk_sync.shown_text(source_type, source_label, (select has_table_privilege('zendesk.audit_logs', 'select'))) as source_label,
  source_type,
  synced_at as _fivetran_synced,
  account
from zendesk.audit_logs;

comment on view zendesk_fivetran.audit_log is 'The audit log as Fivetran names it.';
comment on column zendesk_fivetran.audit_log.id is 'Id of the record. Unique within an account.';
comment on column zendesk_fivetran.audit_log.action is 'Kind of change.';
comment on column zendesk_fivetran.audit_log.actor_id is 'Who made the change.';
comment on column zendesk_fivetran.audit_log.change_description is 'What changed, as Zendesk gave it. Null for tickets where the reader cannot read audit_logs.';
comment on column zendesk_fivetran.audit_log.created_at is 'When the change happened, UTC.';
comment on column zendesk_fivetran.audit_log.source_id is 'Id of the thing that was changed.';
comment on column zendesk_fivetran.audit_log.source_label is 'Name of the thing that was changed. Null for tickets where the reader cannot read audit_logs.';
comment on column zendesk_fivetran.audit_log.source_type is 'Type of the thing that was changed.';
comment on column zendesk_fivetran.audit_log._fivetran_synced is 'When the record was last written here.';
comment on column zendesk_fivetran.audit_log.account is 'Key of the Zendesk account: not a column of Fivetran.';
