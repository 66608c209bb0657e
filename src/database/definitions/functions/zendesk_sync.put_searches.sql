create or replace function zendesk_sync.put_searches(shipped jsonb, wanted jsonb) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  delete from zendesk.search_patterns p
  where shipped ->> p.name = p.expression and not wanted ? p.name;
  insert into zendesk.search_patterns as p (name, expression)
  select w.key, w.value from jsonb_each_text(wanted) as w
  where not shipped ? w.key or exists (select from zendesk.search_patterns s where s.name = w.key)
  on conflict (name) do update set expression = excluded.expression
  where p.expression = shipped ->> p.name and p.expression <> excluded.expression;
$$;

comment on function zendesk_sync.put_searches(jsonb, jsonb) is 'Brings search_patterns from those that were shipped to those that are wanted; what somebody has added, changed or deleted stays so.';
