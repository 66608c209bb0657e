CREATE SCHEMA "zendesk_partitions";
--> statement-breakpoint
-- Only the catalogue changes. What somebody else owns stays where it is: a partition may be in any schema.
do $$
declare
  partition regclass;
begin
  for partition in
    select p.oid
    from pg_inherits i
    join pg_class p on p.oid = i.inhrelid and p.relnamespace = 'zendesk'::regnamespace and pg_has_role(p.relowner, 'usage')
    join pg_class t on t.oid = i.inhparent and t.relkind = 'p' and t.relnamespace = p.relnamespace
    order by p.relname
  loop
    execute format('alter table %s set schema zendesk_partitions', partition);
  end loop;
end
$$;
