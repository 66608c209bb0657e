create or replace function zendesk_sync.drop_doubles(
  log_table text, log_time text, log_id text, wanted_account text, wanted_stream text, moments timestamptz[], ids text[]
) returns void
language plpgsql
-- The service may not delete rows of a log: only these, of which a revision says the same, and whose record has another row.
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  log regclass := log_table::regclass;
begin
  if not exists (
    select from zendesk_sync.streams s where s.log_table = drop_doubles.log_table and s.log_time = drop_doubles.log_time
  ) or not exists (
    -- Whoever may write streams could name the table of something else there.
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = log and c.relkind = 'p' and n.nspname = 'zendesk'
  ) then
    raise exception '% is not a log.', log_table using errcode = 'invalid_parameter_value';
  end if;
  execute format(
    $sql$
      delete from %1$s t
      using unnest($3::timestamptz[], $4::text[]) as k (moment, id)
      where t.account = $1 and t.%2$I = k.moment and t.%3$I::text = k.id
        and t.%2$I >= (select min(m) from unnest($3::timestamptz[]) as m) and t.%2$I <= (select max(m) from unnest($3::timestamptz[]) as m)
        and exists (
          select from zendesk.revisions r
          where r.account = $1 and r.stream = $2 and r.id = k.id and r.occurred_at = k.moment
            and r.content - array['account', 'first_synced_at', 'synced_at'] = to_jsonb(t) - array['account', 'first_synced_at', 'synced_at']
        )
        and exists (select from %1$s other where other.account = $1 and other.%3$I = t.%3$I and other.%2$I <> t.%2$I)
    $sql$,
    log, log_time, log_id
  ) using wanted_account, wanted_stream, moments, ids;
end
$$;

comment on function zendesk_sync.drop_doubles(text, text, text, text, text, timestamptz[], text[]) is 'Deletes second rows of records, of which a revision says the same, as the owner of the log.';
