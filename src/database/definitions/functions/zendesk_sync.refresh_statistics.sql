create or replace function zendesk_sync.refresh_statistics(wanted_table text) returns void
language plpgsql
-- Only the owner of a table may analyze it or bring its index up to date.
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parent regclass := wanted_table::regclass;
begin
  if not exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = parent and c.relkind = 'p' and n.nspname = 'zendesk'
  ) then
    raise exception '% is not a table of rows.', wanted_table using errcode = 'invalid_parameter_value';
  end if;
  execute format('analyze %s', parent);
end
$$;

comment on function zendesk_sync.refresh_statistics(text) is 'Makes the statistics of a partitioned table, as its owner.';
