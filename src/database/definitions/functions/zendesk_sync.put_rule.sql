create or replace function zendesk_sync.put_rule(
  rule text,
  stream text,
  severity text,
  question text,
  title text,
  parameters jsonb default '{}',
  patterns jsonb[] default '{}',
  searches jsonb default '{}'
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted jsonb := jsonb_build_object(
    'row', jsonb_build_object('stream', stream, 'severity', severity, 'question', question, 'title', title, 'enabled', true),
    'parameters', parameters,
    'patterns', to_jsonb(patterns),
    'searches', searches
  );
  shipped jsonb := (select s.definition from zendesk_sync.shipped_rules s where s.rule = put_rule.rule);
  present zendesk.finding_rules;
begin
  if shipped is null then
    insert into zendesk.finding_rules (rule, stream, severity, question, title, parameters)
    values (put_rule.rule, put_rule.stream, put_rule.severity, put_rule.question, put_rule.title, put_rule.parameters)
    on conflict do nothing;
    shipped := '{"row": {}, "parameters": {}, "patterns": [], "searches": {}}';
  end if;
  select * into present from zendesk.finding_rules f where f.rule = put_rule.rule for update;
  -- Somebody who has deleted the row does not want the rule.
  if found then
    present := jsonb_populate_record(
      present,
      zendesk_sync.keep_changes(to_jsonb(present) - '{rule,parameters}'::text[], shipped -> 'row', wanted -> 'row')
        || jsonb_build_object('parameters', zendesk_sync.keep_changes(present.parameters, shipped -> 'parameters', wanted -> 'parameters'))
    );
    update zendesk.finding_rules f
    set (stream, severity, question, title, parameters, enabled)
      = (present.stream, present.severity, present.question, present.title, present.parameters, present.enabled)
    where f.rule = put_rule.rule and f is distinct from present;
    perform zendesk_sync.put_patterns(put_rule.rule, shipped -> 'patterns', wanted -> 'patterns');
    perform zendesk_sync.put_searches(shipped -> 'searches', wanted -> 'searches');
  end if;
  insert into zendesk_sync.shipped_rules as s (rule, definition) values (put_rule.rule, wanted)
  on conflict on constraint shipped_rules_pkey do update set definition = excluded.definition where s.definition <> excluded.definition;
end
$$;

comment on function zendesk_sync.put_rule(text, text, text, text, text, jsonb, jsonb[], jsonb) is 'Stores a rule of detection as its file has it. What somebody has changed in finding_rules, audit_patterns or search_patterns stays; what nobody has changed follows the file.';
