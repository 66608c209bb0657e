create or replace function zendesk_sync.watch_log(log_table text, log_time text) returns void
language plpgsql
-- The service may not make triggers: it has these made, by the owner.
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- This program sets it for the transactions that count what they write (src/ingest/own-counts.ts).
  others constant text := 'for each statement when (current_setting(''zendesk_sync.counts_itself'', true) is distinct from ''on'')';
  watched regclass;
  is_spread boolean := false;
  is_partition boolean;
begin
  if not exists (
    select from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attrelid = log_table::regclass and a.attname = log_time and a.atttypid = 'timestamptz'::regtype
      and c.relkind = 'p' and n.nspname = 'zendesk'
  ) then
    raise exception '% with the time % is not a log.', log_table, log_time using errcode = 'invalid_parameter_value';
  end if;
  -- Citus allows no triggers on what it has spread: there it is the counts and verify that find what was taken away.
  if to_regclass('pg_catalog.pg_dist_partition') is not null then
    execute 'select exists (select from pg_catalog.pg_dist_partition where logicalrelid = $1::regclass)' into is_spread using log_table;
  end if;
  -- The lock under which partitions are made: two that start at once would make a trigger twice.
  lock table zendesk_sync.counted_partitions in share row exclusive mode;
  for watched, is_partition in
    select log_table::regclass, false where not is_spread
    union all
    select p.relation::regclass, true from zendesk_sync.partitions p where p.log_table = watch_log.log_table and not is_spread
  loop
    if not exists (select from pg_trigger where tgrelid = watched and tgname = 'note_deleted_rows') then
      execute format(
        'create trigger note_deleted_rows after delete on %s referencing old table as gone_rows for each statement execute function zendesk_sync.note_lost_rows(%L)',
        watched, log_time
      );
    end if;
    -- Truncating the whole table truncates each of its partitions.
    if is_partition and not exists (select from pg_trigger where tgrelid = watched and tgname = 'note_truncation') then
      execute format(
        'create trigger note_truncation after truncate on %s for each statement execute function zendesk_sync.note_lost_rows()', watched
      );
    end if;
    if not exists (select from pg_trigger where tgrelid = watched and tgname = 'doubt_counts') then
      execute format(
        'create trigger doubt_counts after insert or update on %s %s execute function zendesk_sync.doubt_counts(%L)', watched, others, log_table
      );
    end if;
  end loop;
  foreach watched in array array['zendesk_sync.stored_rows', 'zendesk_sync.counted_partitions']::regclass[] loop
    if not exists (select from pg_trigger where tgrelid = watched and tgname = 'doubt_counts' and tgenabled = 'A') then
      execute format('drop trigger if exists doubt_counts on %s', watched);
      execute format(
        'create trigger doubt_counts after insert or update or delete or truncate on %s %s execute function zendesk_sync.doubt_counts()', watched, others
      );
      -- Also where a session has triggers switched off, as a restore may.
      execute format('alter table %s enable always trigger doubt_counts', watched);
    end if;
  end loop;
end
$$;

comment on function zendesk_sync.watch_log(text, text) is 'Has Postgres note what is deleted or truncated by hand in a log, and that it or the counts were changed: makes the triggers that are missing on its table and partitions.';
