create or replace function zendesk_sync.grant_roles() returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted text;
  missing text[] := '{}';
  shown regclass;
  holder text;
begin
  foreach wanted in array array['zendesk_reader', 'zendesk_investigator', 'zendesk_auditor', 'zendesk_writer', 'zendesk_page'] loop
    begin
      if to_regrole(wanted) is null then
        execute format('create role %I nologin', wanted);
      end if;
    exception
      -- Another database of the server is being migrated at this moment.
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        missing := missing || wanted;
        continue;
    end;
    execute format('revoke all on all tables in schema zendesk, zendesk_fivetran, zendesk_sync, zendesk_evidence from %I', wanted);
    execute format('grant usage on schema zendesk, zendesk_fivetran, zendesk_sync to %I', wanted);
    execute format('grant select on zendesk_sync.status, zendesk_sync.coverage, zendesk_sync.row_places to %I', wanted);
    -- A reader of a view needs the right to call its functions, which public may have lost by default.
    execute format('grant execute on all functions in schema zendesk, zendesk_sync to %I', wanted);
    perform zendesk_sync.grant_work(wanted);
    -- It holds whatever Zendesk sent.
    if wanted = 'zendesk_investigator' then
      execute format('grant select on zendesk_sync.quarantine to %I', wanted);
    end if;
    -- All of a relation or nothing of it: what a tool lists, it reads with "select *".
    for shown in
      select c.oid
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('zendesk', 'zendesk_fivetran')
      where c.relkind in ('r', 'p', 'v') and not c.relispartition and wanted <> 'zendesk_auditor'
        and (wanted <> 'zendesk_reader' or not exists (select from zendesk_sync.withheld_columns() w where w.relation = c.oid))
    loop
      execute format('grant select on %s to %I', shown, wanted);
    end loop;
  end loop;
  -- Whoever serves the page takes its role, for one question at a time.
  foreach holder in array array[current_user::text, 'zendesk_writer'] loop
    begin
      if to_regrole('zendesk_page') is not null and to_regrole(quote_ident(holder)) is not null
        and not pg_has_role(holder, 'zendesk_page', case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
      then
        execute format('grant zendesk_page to %I', holder);
      end if;
    exception
      -- Somebody else has made the role; or another database of the server is being migrated at this moment.
      when insufficient_privilege or invalid_grant_operation or unique_violation or internal_error then null;
    end;
  end loop;
  return missing;
end
$$;

comment on function zendesk_sync.grant_roles() is 'Makes the roles zendesk_reader, zendesk_investigator, zendesk_auditor, zendesk_writer and zendesk_page where the caller may, and grants them what they may read and write. Returns the roles that do not exist and could not be made. Safe to call again.';
