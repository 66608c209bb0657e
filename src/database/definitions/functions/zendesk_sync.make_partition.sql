create or replace function zendesk_sync.make_partition(
  parent_table text, partition_schema text, partition_name text, held_from timestamptz, held_until timestamptz
) returns void
language plpgsql
-- The service may not create tables: it has this one made, by the owner.
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parent regclass := parent_table::regclass;
  began timestamp := held_from at time zone 'UTC';
  ended timestamp := held_until at time zone 'UTC';
  made text := format('%I.%I', partition_schema, partition_name);
  day_of_row constant text := $day$(timestamp at time zone interval '0')::date$day$;
begin
  if not exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = parent and c.relkind = 'p' and n.nspname = 'zendesk' and pg_has_role(c.relowner, 'usage')
      and partition_schema in (n.nspname, 'zendesk_partitions')
      and partition_name ~ ('^' || c.relname || '_\d{4,}(_\d\d)?(_\d+)?$')
  ) or not (
    began = date_trunc('month', began) and ended = began + interval '1 month'
    or began = date_trunc('year', began) and ended = began + interval '1 year'
  ) then
    raise exception 'There is no partition % of % from % to %.', partition_name, parent_table, held_from, held_until
      using errcode = 'invalid_parameter_value';
  end if;
  -- Attaching an empty table takes a weaker lock on the parent than "create table … partition of", so readers can continue.
  execute format('create table %s (like %s including defaults including generated including comments)', made, parent);
  execute format(
    'comment on table %s is %L', made,
    format(
      'Rows of %s from %s to before %s. Query %s instead.', parent_table, to_char(began, 'YYYY-MM-DD'), to_char(ended, 'YYYY-MM-DD'), parent_table
    )
  );
  -- Postgres leaves out partitions by the time alone. With this, and what it then knows of the days, also by the day of
  -- access_visits: the expression must be the one of that view. Citus knows statistics of plain columns alone.
  if parent = 'zendesk.access_logs'::regclass then
    execute format('alter table %1$s add check (%2$s >= %3$L and %2$s < %4$L)', made, day_of_row, began::date, ended::date);
    if not exists (select from pg_available_extensions where name = 'citus') then
      execute format('create statistics %I.%I on (%s) from %s', partition_schema, partition_name || '_day', day_of_row, made);
    end if;
  end if;
  -- A publication refuses deletes from a table that has neither a key nor this; it is not inherited. Before the table is
  -- attached, because it may then be spread over servers.
  if not exists (select from pg_index where indrelid = parent and indisprimary) then
    execute format('alter table %s replica identity full', made);
  end if;
  execute format('alter table %s attach partition %s for values from (%L) to (%L)', parent, made, held_from, held_until);
end
$$;

comment on function zendesk_sync.make_partition(text, text, text, timestamptz, timestamptz) is 'Makes an empty partition of a log for a month or a year, as its owner.';
