-- Columns that a query does not use are not computed: the look-ups of the actor are subqueries, which Postgres removes from
-- such a query.
create view zendesk.audit_events as
select
  a.account,
  a.id,
  a.created_at,
  a.action,
  a.action_label,
  a.actor_id,
  coalesce(a.actor_name, (select p.name from zendesk_sync.person_at(a.account, a.actor_id, a.created_at) as p)) as actor_name,
  (select p.role from zendesk_sync.role_at(a.account, a.actor_id, a.created_at) as p) as actor_role,
  a.source_type,
  a.source_id,
  -- Evaluated once for each statement, with the rights of the reader.
  zendesk_sync.shown_text(a.source_type, a.source_label, (select has_table_privilege('zendesk.audit_logs', 'select'))) as source_label,
  case when label.colon > 0 then left(label.clean, label.colon - 1) end as source_label_type,
  case when label.colon > 0 then substr(label.clean, label.colon + 2) else label.clean end as source_label_name,
  zendesk_sync.shown_text(a.source_type, a.change_description, (select has_table_privilege('zendesk.audit_logs', 'select'))) as change_description,
  text.description,
  change.property,
  change.old_value,
  change.new_value,
  a.ip_address,
  a.url,
  a.first_synced_at,
  a.synced_at,
  (select p.role_source from zendesk_sync.role_at(a.account, a.actor_id, a.created_at) as p) as role_source,
  host(a.ip_address) as address
from zendesk.audit_logs a
-- "offset 0" keeps these from being worked out once for each column that uses them.
cross join lateral (
  select zendesk.clean_text(zendesk_sync.shown_text(a.source_type, a.change_description, (select has_table_privilege('zendesk.audit_logs', 'select')))) as description offset 0
) as text
cross join lateral (
  select label.clean, position(': ' in label.clean) as colon
  from (
    select zendesk.clean_text(zendesk_sync.shown_text(a.source_type, a.source_label, (select has_table_privilege('zendesk.audit_logs', 'select')))) as clean offset 0
  ) as label
  offset 0
) as label
cross join lateral zendesk_sync.change_of(text.description) as change;

comment on view zendesk.audit_events is 'The audit log for reading: one row a record, with clean text, what was changed and who the actor was then. For roles that cannot read audit_logs, such as zendesk_reader, the texts of records about tickets are null.';
comment on column zendesk.audit_events.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_events.id is 'Id of the record: audit_log_id of the other views.';
comment on column zendesk.audit_events.created_at is 'When the change happened, UTC.';
comment on column zendesk.audit_events.action is 'Kind of change: create, update, destroy, login, exported. Zendesk may add others.';
comment on column zendesk.audit_events.action_label is 'The action in the language of the reading user. For display only.';
comment on column zendesk.audit_events.actor_id is 'Who made the change; -1 is the system.';
comment on column zendesk.audit_events.actor_name is 'Name of the actor as the record gives it, else as it was then, else as it is now.';
comment on column zendesk.audit_events.actor_role is 'Role of the actor then: admin, agent or end-user; role_source says how it is known.';
comment on column zendesk.audit_events.source_type is 'Type of the thing that was changed.';
comment on column zendesk.audit_events.source_id is 'Id of the thing that was changed.';
comment on column zendesk.audit_events.source_label is 'Name of the thing that was changed, as Zendesk gave it.';
comment on column zendesk.audit_events.source_label_type is 'What is before the first ": " of the cleaned source_label, such as Team member or Security; null where there is none.';
comment on column zendesk.audit_events.source_label_name is 'What is after it; the whole source_label where there is none.';
comment on column zendesk.audit_events.change_description is 'What changed, as Zendesk gave it.';
comment on column zendesk.audit_events.description is 'What changed, cleaned: line breaks are line breaks, HTML escapes are undone.';
comment on column zendesk.audit_events.property is 'What changed of the thing: Owner in "Owner changed from A to B". Null where the description names nothing or several things.';
comment on column zendesk.audit_events.old_value is 'Value before, where the description names it once.';
comment on column zendesk.audit_events.new_value is 'Value after, where the description names it once: also on, off, enabled, disabled, suspended and the like.';
comment on column zendesk.audit_events.ip_address is 'Address the change was made from; null for changes by the system.';
comment on column zendesk.audit_events.url is 'Address of the record in the Zendesk API.';
comment on column zendesk.audit_events.first_synced_at is 'When this record was first stored here.';
comment on column zendesk.audit_events.synced_at is 'When this record was last written here.';
comment on column zendesk.audit_events.role_source is 'How the role is known: observed (people were read then), derived (from role changes in the audit log, backwards from the present), present (as first seen here, no change is known); null without a role.';
comment on column zendesk.audit_events.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
