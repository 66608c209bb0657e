create or replace function zendesk_sync.put_patterns(rule text, shipped jsonb, wanted jsonb) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  delete from zendesk.audit_patterns p
  where p.rule = put_patterns.rule
    and jsonb_strip_nulls(to_jsonb(p) - '{pattern,rule}'::text[]) in (
      select * from jsonb_array_elements(shipped) except select * from jsonb_array_elements(wanted)
    );
  insert into zendesk.audit_patterns (rule, source_types, actions, label, description, description_not, severity)
  select put_patterns.rule, n.source_types, n.actions, n.label, n.description, n.description_not, n.severity
  from jsonb_array_elements(wanted) with ordinality as w (pattern, position)
  cross join lateral jsonb_populate_record(null::zendesk.audit_patterns, w.pattern) as n
  where w.pattern not in (select * from jsonb_array_elements(shipped))
    and w.pattern not in (
      select jsonb_strip_nulls(to_jsonb(p) - '{pattern,rule}'::text[]) from zendesk.audit_patterns p where p.rule = put_patterns.rule
    )
  order by w.position;
$$;

comment on function zendesk_sync.put_patterns(text, jsonb, jsonb) is 'Brings the patterns of a rule from those that were shipped to those that are wanted; patterns of one''s own stay, and what somebody has deleted stays away.';
