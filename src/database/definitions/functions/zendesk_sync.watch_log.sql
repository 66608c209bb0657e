create or replace function zendesk_sync.watch_log(log_table text, log_time text) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  -- This program sets it for the transactions that count what they write (src/ingest/own-counts.ts).
  others constant text := 'for each statement when (current_setting(''zendesk_sync.counts_itself'', true) is distinct from ''on'')';
  watched regclass;
  is_partition boolean;
begin
  -- The lock under which partitions are made: two that start at once would make a trigger twice.
  lock table zendesk_sync.counted_partitions in share row exclusive mode;
  for watched, is_partition in
    select log_table::regclass, false
    union all
    select p.relation::regclass, true from zendesk_sync.partitions p where p.log_table = watch_log.log_table
  loop
    if not exists (select from pg_trigger where tgrelid = watched and tgname = 'note_deleted_rows') then
      execute format(
        'create trigger note_deleted_rows after delete on %s referencing old table as gone_rows for each statement execute function zendesk_sync.note_lost_rows(%L)',
        watched, log_time
      );
    end if;
    -- Whoever truncates the whole table truncates each of its partitions.
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
