create or replace function zendesk_sync.note_missing_partitions(wanted_table text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The lock for creating partitions: a process that creates one again has first recorded what was in the old one.
  lock table zendesk_sync.counted_partitions in share row exclusive mode;
  perform set_config('zendesk_sync.counts_itself', 'on', true);
  with missing as materialized (
    select * from zendesk_sync.missing_partitions where log_table = wanted_table
  ),
  taken as (
    insert into zendesk_sync.stored_rows (account, stream, day, rows)
    select d.account, d.stream, d.day, -d.rows
    from missing m
    join zendesk_sync.stored_days d on d.account = m.account and d.stream = m.stream and d.day between m.first_day and m.last_day
  )
  insert into zendesk_sync.coverage_losses
    (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, partition, last_fetch)
  select
    m.account, m.stream, m.lost_from, m.lost_until, m.rows_until, m.rows, 0, m.code, m.partition,
    (select max(f.id) from zendesk_sync.fetches f where f.account = m.account and f.stream = m.stream)
  from missing m
  order by m.account, m.stream, m.lost_from;
  -- Whatever replaces it is counted, also if it is the same table again.
  update zendesk_sync.counted_partitions c set relation = 0
  from zendesk_sync.streams s
  where s.account = c.account and s.stream = c.stream and s.log_table = wanted_table and c.relation <> 0
    and not exists (
      select from zendesk_sync.partitions p where p.log_table = s.log_table and p.held_from = c.held_from
    );
end
$$;

comment on function zendesk_sync.note_missing_partitions(text) is 'Notes as losses what the partitions of a log held that were dropped or detached by hand.';
