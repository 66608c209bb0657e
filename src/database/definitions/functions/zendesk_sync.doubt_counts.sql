create or replace function zendesk_sync.doubt_counts() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into zendesk_sync.count_doubts (log_table, changed_table, done_by)
  values (tg_argv[0], tg_table_schema || '.' || tg_table_name, session_user);
  return null;
end
$$;

comment on function zendesk_sync.doubt_counts() is 'Notes that rows of a log, or the counts of the ledger, were changed by somebody else: they are to be counted.';
