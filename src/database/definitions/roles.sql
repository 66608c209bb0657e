-- Who may read what. Roles belong to the whole server: they are made where the connecting user may make them, and only
-- once; elsewhere `doctor` prints the statements for somebody who may.
select zendesk_sync.grant_roles();

-- They have grants too.
select zendesk_sync.provide_sources();

select zendesk_sync.guard_records();

select zendesk_sync.guard_moves();

-- A reader could fill the disk with large objects. Only a superuser may forbid it, and only where nobody else in the database
-- may want them; elsewhere `doctor` prints the statement.
do $$
begin
  if (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user)
    and not exists (select from pg_catalog.pg_largeobject_metadata)
    and not exists (
      select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', 'drizzle', 'zendesk', 'zendesk_evidence', 'zendesk_fivetran', 'zendesk_partitions', 'zendesk_sync')
    )
  then
    revoke execute on function pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) from public;
  end if;
end
$$;
