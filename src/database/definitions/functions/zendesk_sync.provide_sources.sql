create or replace function zendesk_sync.provide_sources(remakes boolean default true) returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  source record;
  shape record;
  role text;
  missing text[] := '{}';
begin
  -- One account has the schema zendesk_fivetran to itself.
  if (select count(distinct s.account) from zendesk_sync.streams s) < 2 then
    return missing;
  end if;
  for source in
    select k.account, left('zendesk_fivetran' || '_' || k.key, 60) || case when k.place > 1 then '_' || k.place else '' end as name
    from (
      select a.account, a.key, row_number() over (partition by left(a.key, 40) order by a.account) as place
      from (
        select distinct s.account, regexp_replace(lower(s.account), '[^a-z0-9]+', '_', 'g') as key from zendesk_sync.streams s
      ) as a
    ) as k
    order by k.account
  loop
    continue when not remakes and to_regclass(format('%I.audit_log', source.name)) is not null and to_regclass(format('%I."user"', source.name)) is not null;
    begin
      if to_regnamespace(quote_ident(source.name)) is null then
        execute format('create schema %I', source.name);
        execute format('comment on schema %I is %L', source.name, 'The audit log and the people of the account ' || source.account || ' in the shape of Fivetran.');
      end if;
      for shape in
        select c.relname as name, rtrim(pg_get_viewdef(c.oid), ';') as query
        from pg_class c
        where c.relnamespace = 'zendesk_fivetran'::regnamespace and c.relkind = 'v'
      loop
        -- The query itself, not the view: a later version may have to drop the view.
        execute format('create or replace view %I.%I as select * from (%s) as shape where account = %L', source.name, shape.name, shape.query, source.account);
      end loop;
      foreach role in array array['zendesk_reader', 'zendesk_investigator'] loop
        if to_regrole(role) is not null then
          execute format('grant usage on schema %I to %I', source.name, role);
          execute format('grant select on all tables in schema %I to %I', source.name, role);
        end if;
      end loop;
    exception
      -- Somebody else may make the schema; a changed shape does not replace one that others have built on.
      when insufficient_privilege or invalid_table_definition then missing := missing || source.name;
      -- Another process makes it at this moment.
      when duplicate_schema or unique_violation then null;
    end;
  end loop;
  return missing;
end
$$;

comment on function zendesk_sync.provide_sources(boolean) is 'Makes a schema for each account, named after zendesk_fivetran and the account, with the views of zendesk_fivetran for that account alone, where there are several. Returns those that could not be made. Safe to call again; with false it leaves those that are there as they are.';
