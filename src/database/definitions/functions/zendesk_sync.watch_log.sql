create or replace function zendesk_sync.watch_log(log_table text, log_time text) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
  watched regclass;
  is_partition boolean;
begin
  -- The lock under which partitions are made: two that start at once would make a trigger twice.
  perform pg_advisory_xact_lock(2053927792);
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
  end loop;
end
$$;

comment on function zendesk_sync.watch_log(text, text) is 'Has Postgres note what is deleted or truncated by hand in a log: makes the triggers that are missing on its table and partitions.';
