-- A table without a primary key tells deleted rows apart by all of their columns: what a publication of deletes asks for.
do $$
declare
  keyless regclass;
begin
  for keyless in
    select c.oid
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('zendesk', 'zendesk_sync') and c.relkind in ('r', 'p') and c.relreplident = 'd'
      and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
  loop
    execute format('alter table %s replica identity full', keyless);
  end loop;
end
$$;
