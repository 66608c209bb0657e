create or replace function zendesk_sync.guard_moves() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  guarded regclass;
  is_spread boolean := false;
begin
  -- Whatever changes the history writes one of these rows in its transaction; a page writes two of them.
  foreach guarded in array array[
    'zendesk_sync.leases', 'zendesk_sync.budgets', 'zendesk_sync.streams', 'zendesk_evidence.pending', 'zendesk_evidence.logs'
  ]::regclass[] loop
    -- Citus allows no triggers on what it has spread: there the lease, the budget and the streams refuse alone.
    if to_regclass('pg_catalog.pg_dist_partition') is not null then
      execute 'select exists (select from pg_catalog.pg_dist_partition where logicalrelid = $1)' into is_spread using guarded;
    end if;
    if not is_spread and not exists (select from pg_trigger where tgrelid = guarded and tgname = 'refuse_moved' and tgenabled = 'A') then
      execute format('drop trigger if exists refuse_moved on %s', guarded);
      execute format(
        'create trigger refuse_moved before insert or update on %s for each row execute function zendesk_sync.refuse_moved()', guarded
      );
      execute format('alter table %s enable always trigger refuse_moved', guarded);
    end if;
  end loop;
end
$$;

comment on function zendesk_sync.guard_moves() is 'Has Postgres refuse what is written of an account that moves to another database: makes the triggers that are missing.';
