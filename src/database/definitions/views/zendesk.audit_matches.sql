create view zendesk.audit_matches as
select
  a.account,
  r.rule,
  r.enabled,
  r.severity,
  r.title,
  r.parameters,
  a.created_at,
  a.id as audit_log_id,
  a.action,
  a.actor_id,
  a.actor_name,
  a.ip_address,
  a.source_type,
  a.source_id,
  -- Evaluated once for each statement, with the rights of the reader.
  zendesk_sync.shown_text(a.source_type, text.description, (select has_table_privilege('zendesk.audit_logs', 'select'))) as description,
  case
    when zendesk_sync.is_of_ticket(a.source_type) then concat_ws(' ', replace(a.source_type, '_', ' '), a.source_id)
    else nullif(concat_ws(' – ', a.source_label, nullif(left(regexp_replace(text.description, '\s+', ' ', 'g'), 200), '')), '')
  end as change,
  host(a.ip_address) as address
from zendesk.audit_logs a
-- Once a row, not once a pattern.
cross join lateral (select zendesk.clean_text(a.change_description) as description offset 0) as text
cross join lateral (
  select distinct on (f.rule) f.rule, f.enabled, f.title, f.parameters, coalesce(p.severity, f.severity) as severity
  from zendesk.audit_patterns p
  join zendesk.finding_rules f on f.rule = p.rule
  where f.stream = 'audit_logs'
    and case
      when a.source_type = any (p.source_types) is not true and p.source_types is not null then false
      when a.action = any (p.actions) is not true and p.actions is not null then false
      when p.label is not null and (a.source_label ~* p.label) is not true then false
      when p.description is not null and (text.description ~* p.description) is not true then false
      when p.description_not is not null and text.description ~* p.description_not then false
      else true
    end
    and (not f.parameters ? 'accounts' or f.parameters -> 'accounts' ? a.account)
    and (not f.parameters ? 'actors' or f.parameters -> 'actors' ?| array[a.actor_id::text, a.actor_name])
  order by f.rule, array_position(array['high', 'medium', 'low', 'info'], coalesce(p.severity, f.severity))
) as r;

comment on view zendesk.audit_matches is 'Records of the audit log that match a pattern of a rule: what audit_findings looks at. One row for each record and rule; of several patterns the gravest decides. Disabled rules are in here.';
comment on column zendesk.audit_matches.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_matches.rule is 'The rule whose pattern matches.';
comment on column zendesk.audit_matches.enabled is 'Whether the rule is on.';
comment on column zendesk.audit_matches.severity is 'Severity by the pattern, else by the rule.';
comment on column zendesk.audit_matches.title is 'What a finding of the rule means.';
comment on column zendesk.audit_matches.parameters is 'Thresholds of the rule.';
comment on column zendesk.audit_matches.created_at is 'When the change happened, UTC.';
comment on column zendesk.audit_matches.audit_log_id is 'The record: audit_logs.id.';
comment on column zendesk.audit_matches.action is 'Kind of change.';
comment on column zendesk.audit_matches.actor_id is 'Who made the change; -1 is the system.';
comment on column zendesk.audit_matches.actor_name is 'Name of the actor as the record gives it.';
comment on column zendesk.audit_matches.ip_address is 'Address the change was made from.';
comment on column zendesk.audit_matches.source_type is 'Type of the thing that was changed.';
comment on column zendesk.audit_matches.source_id is 'Id of the thing that was changed.';
comment on column zendesk.audit_matches.description is 'What changed, cleaned. Null for records about tickets where the reader cannot read audit_logs.';
comment on column zendesk.audit_matches.change is 'The thing and what changed of it, on one line of at most 200 characters of description; of a ticket only its number.';
comment on column zendesk.audit_matches.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
