create or replace function zendesk_sync.grant_work(wanted text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  found record;
  numbers regclass;
begin
  -- What acts with the rights of the owner is for the service alone.
  for found in
    select p.oid::regprocedure as called
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'zendesk_sync' and p.prosecdef
  loop
    execute format('revoke execute on function %s from public, %I', found.called, wanted);
    if wanted = 'zendesk_writer' then
      execute format('grant execute on function %s to %I', found.called, wanted);
    end if;
  end loop;
  execute format(
    'revoke execute on function zendesk_sync.grant_roles(), zendesk_sync.grant_work(text), zendesk_sync.guard_records(), zendesk_sync.guard_moves() from public, %I', wanted
  );
  if wanted in ('zendesk_auditor', 'zendesk_page') then
    -- The ledger, the evidence, and what verifications came to; not what is personal in rows, nor logins and keys. What the
    -- page may read of the rows is granted beside this.
    execute format('grant usage on schema zendesk_evidence to %I', wanted);
    for found in
      select c.oid::regclass as shown
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('zendesk_sync', 'zendesk_evidence') and c.relkind in ('r', 'p')
        and n.nspname || '.' || c.relname not in (
          'zendesk_sync.oauth_logins', 'zendesk_sync.quarantine', 'zendesk_sync.questions', 'zendesk_sync.page_sessions', 'zendesk_evidence.person_keys'
        )
    loop
      execute format('grant select on %s to %I', found.shown, wanted);
    end loop;
    execute format(
      'grant select on zendesk_sync.losses, zendesk_sync.late_rows, zendesk_sync.anchors, zendesk_sync.verified_logs, zendesk_sync.standing_findings, zendesk_sync.stored_days, zendesk_sync.stream_gaps, zendesk_sync.removed_spans, zendesk_sync.partitions to %I',
      wanted
    );
  end if;
  if wanted = 'zendesk_page' then
    -- That there are such records, not what is in them.
    execute format('grant select (account, stream, code, span_from, span_until, occurred_at) on zendesk_sync.quarantine to %I', wanted);
  end if;
  if wanted = 'zendesk_writer' then
    -- In that of the partitions it only looks for names.
    execute format('grant usage on schema zendesk_evidence, zendesk_partitions to %I', wanted);
    if to_regnamespace('drizzle') is not null then
      execute format('grant usage on schema drizzle to %I', wanted);
      execute format('grant select on all tables in schema drizzle to %I', wanted);
    end if;
    for found in
      select c.oid::regclass as written, n.nspname || '.' || c.relname as name, c.relkind in ('r', 'p') as is_table
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('zendesk', 'zendesk_sync', 'zendesk_evidence') and c.relkind in ('r', 'p', 'v') and not c.relispartition
    loop
      execute format('grant select on %s to %I', found.written, wanted);
      if found.is_table and found.name not in ('zendesk_sync.definitions', 'zendesk_sync.moves', 'zendesk_sync.move_parts') then
        execute format('grant insert on %s to %I', found.written, wanted);
        for numbers in
          select d.objid::regclass from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
          where d.refobjid = found.written and d.classid = 'pg_class'::regclass and d.deptype = 'a'
        loop
          execute format('grant usage on sequence %s to %I', numbers, wanted);
        end loop;
        -- What is only ever added to.
        if found.name not in (
          'zendesk.revisions', 'zendesk_evidence.entries', 'zendesk_evidence.hashes', 'zendesk_evidence.person_keys',
          'zendesk_evidence.remnants', 'zendesk_sync.holds', 'zendesk_sync.removals', 'zendesk_sync.questions', 'zendesk_sync.actions'
        ) then
          execute format('grant update on %s to %I', found.written, wanted);
        end if;
        -- Queues, spans that are joined, and what is made again from the rows: never the rows themselves.
        if found.name = any (array[
          'zendesk.access_log_resources', 'zendesk.agent_day', 'zendesk.audit_day', 'zendesk.resource_day', 'zendesk.sign_in_day',
          'zendesk_evidence.pending', 'zendesk_sync.alert_messages', 'zendesk_sync.alerted_findings', 'zendesk_sync.alerts', 'zendesk_sync.count_doubts', 'zendesk_sync.coverage', 'zendesk_sync.coverage_losses',
          'zendesk_sync.finding_inputs', 'zendesk_sync.page_sessions', 'zendesk_sync.quarantine', 'zendesk_sync.rescans', 'zendesk_sync.stale_days',
          'zendesk_sync.stale_findings', 'zendesk_sync.stored_rows', 'zendesk_sync.unexamined'
        ]) then
          execute format('grant delete on %s to %I', found.written, wanted);
        end if;
      end if;
    end loop;
  end if;
end
$$;

comment on function zendesk_sync.grant_work(text) is 'Grants a role what it may do in the ledger and the evidence: a part of grant_roles.';
