create or replace function zendesk_sync.guard_records() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  guarded regclass;
  called regprocedure;
begin
  -- What acts with the rights of the owner is for those to whom it is granted.
  for called in
    select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'zendesk_sync' and p.prosecdef
  loop
    execute format('revoke execute on function %s from public', called);
  end loop;
  foreach guarded in array array[
    'zendesk_sync.holds', 'zendesk_sync.questions', 'zendesk_sync.actions', 'zendesk_sync.removals', 'zendesk_evidence.remnants'
  ]::regclass[] loop
    if not exists (select from pg_trigger where tgrelid = guarded and tgname = 'refuse_rewriting' and tgenabled = 'A') then
      execute format('drop trigger if exists refuse_rewriting on %s', guarded);
      execute format(
        'create trigger refuse_rewriting before update or delete or truncate on %s for each statement execute function zendesk_sync.refuse_rewriting()', guarded
      );
      -- Also where a session has triggers switched off.
      execute format('alter table %s enable always trigger refuse_rewriting', guarded);
    end if;
  end loop;
end
$$;

comment on function zendesk_sync.guard_records() is 'Has Postgres refuse changes of what is recorded permanently: makes the triggers that are missing. Leaves functions with the rights of the owner to those to whom they are granted.';
