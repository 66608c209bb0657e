create or replace function zendesk_sync.refuse_rewriting() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'The history in %.% cannot be rewritten: rows are only ever added.', tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;

comment on function zendesk_sync.refuse_rewriting() is 'Refuses to change or remove what is recorded permanently, such as holds.';
