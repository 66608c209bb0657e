create or replace function zendesk_sync.pattern(
  source_types text[] default null,
  actions text[] default null,
  label text default null,
  description text default null,
  description_not text default null,
  severity text default null
) returns jsonb
  language sql immutable parallel safe
  return jsonb_strip_nulls(jsonb_build_object(
    'source_types', source_types, 'actions', actions, 'label', label,
    'description', description, 'description_not', description_not, 'severity', severity
  ));

comment on function zendesk_sync.pattern(text[], text[], text, text, text, text) is 'A pattern of the audit log as the file of a rule writes it: the columns of audit_patterns that are not null.';
