create view zendesk.user_role_history as
select
  e.account,
  e.source_id as user_id,
  e.source_label_name as user_name,
  coalesce(line.parts[1], 'Support') as product,
  line.parts[2] as old_role,
  line.parts[3] as new_role,
  e.created_at as valid_from,
  lead(e.created_at) over (
    partition by e.account, e.source_id, coalesce(line.parts[1], 'Support') order by e.created_at, e.id, line.number
  ) as valid_until,
  e.actor_id,
  e.actor_name,
  e.id as audit_log_id
from zendesk.audit_events e
cross join lateral regexp_matches(e.description, '^(?:(\w[\w ]*?) )?role changed from (.+?) to (.+)$', 'gin') with ordinality as line (parts, number)
where e.source_type = 'user' and e.action = 'update';

comment on view zendesk.user_role_history is 'Roles of people over time, from the audit log: one row for each product whose role changed. For the role at a time T: valid_from <= T and (valid_until > T or valid_until is null); before the first row its old_role.';
comment on column zendesk.user_role_history.account is 'Key of the Zendesk account.';
comment on column zendesk.user_role_history.user_id is 'Whose role changed.';
comment on column zendesk.user_role_history.user_name is 'Name of that person in the record.';
comment on column zendesk.user_role_history.product is 'The product the role is of, such as Guide or Explore; Support where the record names none.';
comment on column zendesk.user_role_history.old_role is 'Role before.';
comment on column zendesk.user_role_history.new_role is 'Role from valid_from on.';
comment on column zendesk.user_role_history.valid_from is 'When the role changed.';
comment on column zendesk.user_role_history.valid_until is 'When it changed next; null for the present role.';
comment on column zendesk.user_role_history.actor_id is 'Who changed it.';
comment on column zendesk.user_role_history.actor_name is 'Name of who changed it.';
comment on column zendesk.user_role_history.audit_log_id is 'The record: audit_logs.id.';
