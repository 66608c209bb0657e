create view zendesk.audit_logs_redacted as
select
  r.account,
  r.id,
  r.created_at,
  r.action,
  r.action_label,
  r.actor_id,
  r.actor_name,
  zendesk_sync.shown_text(r.source_type, r.change_description, false) as change_description,
  r.ip_address,
  r.source_id,
  zendesk_sync.shown_text(r.source_type, r.source_label, false) as source_label,
  r.source_type,
  r.url,
  r.first_synced_at,
  r.synced_at,
  host(r.ip_address) as address
from zendesk.audit_logs r;

comment on view zendesk.audit_logs_redacted is 'The audit log without extra, which may hold anything, and without the texts of records about tickets: for zendesk_reader, who may not read audit_logs itself.';
comment on column zendesk.audit_logs_redacted.account is 'Key of the Zendesk account, by default its subdomain.';
comment on column zendesk.audit_logs_redacted.id is 'Id of the record, given by Zendesk. Unique within an account.';
comment on column zendesk.audit_logs_redacted.created_at is 'When the change happened, UTC, whole seconds. Several records may share a second.';
comment on column zendesk.audit_logs_redacted.action is 'Kind of change: create, update, destroy, login, exported. Zendesk may add others.';
comment on column zendesk.audit_logs_redacted.action_label is 'The action in the language of the reading user. For display only: do not compare it.';
comment on column zendesk.audit_logs_redacted.actor_id is 'Id of the person who made the change; -1 is the system. Join zendesk.users; the person may have left.';
comment on column zendesk.audit_logs_redacted.actor_name is 'Name of the actor as Zendesk gave it with the record.';
comment on column zendesk.audit_logs_redacted.change_description is 'What changed, as free text. May hold line breaks, literal \n and HTML escapes. Null for tickets.';
comment on column zendesk.audit_logs_redacted.ip_address is 'Address the change was made from; null for changes by the system.';
comment on column zendesk.audit_logs_redacted.source_id is 'Id of the thing that was changed; its type is in source_type.';
comment on column zendesk.audit_logs_redacted.source_label is 'Name of the thing that was changed, mostly "Type: Name". Null for tickets.';
comment on column zendesk.audit_logs_redacted.source_type is 'Type of the thing that was changed, such as user, rule, account_setting. Zendesk may add others.';
comment on column zendesk.audit_logs_redacted.url is 'Address of the record in the Zendesk API.';
comment on column zendesk.audit_logs_redacted.first_synced_at is 'When this row was first stored here.';
comment on column zendesk.audit_logs_redacted.synced_at is 'When this row was last written here: first_synced_at unless Zendesk later returned it differently.';
comment on column zendesk.audit_logs_redacted.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
