create or replace function zendesk_sync.note_lost_rows() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  own zendesk_sync.partitions;
  log text := tg_table_schema || '.' || tg_table_name;
  counted_before text := coalesce(current_setting('zendesk_sync.counts_itself', true), '');
begin
  -- What is written here does not cause a doubt; other writes of the same transaction may.
  perform set_config('zendesk_sync.counts_itself', 'on', true);
  select * into own from zendesk_sync.partitions p where p.relation = tg_relid;
  if found then
    log := own.log_table;
  end if;
  if tg_op = 'TRUNCATE' then
    with gone as materialized (
      select d.account, d.stream, min(d.day) as first_day, max(d.day) as last_day, sum(d.rows) as rows
      from zendesk_sync.stored_days d
      join zendesk_sync.streams s on s.account = d.account and s.stream = d.stream and s.log_table = log
      where zendesk_sync.start_of(d.day) >= own.held_from and zendesk_sync.start_of(d.day) < own.held_until
      group by d.account, d.stream
    ),
    taken as (
      insert into zendesk_sync.stored_rows (account, stream, day, rows)
      select d.account, d.stream, d.day, -d.rows
      from gone g
      join zendesk_sync.stored_days d on d.account = g.account and d.stream = g.stream and d.day between g.first_day and g.last_day
    )
    insert into zendesk_sync.coverage_losses
      (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, partition, done_by, last_fetch)
    select
      g.account, g.stream, h.lost_from, h.lost_until, h.rows_until, g.rows, 0, 'partition_truncated', own.partition, session_user,
      (select max(f.id) from zendesk_sync.fetches f where f.account = g.account and f.stream = g.stream)
    from gone g
    join zendesk_sync.reached r on r.account = g.account and r.stream = g.stream
    cross join lateral zendesk_sync.hull_of(g.first_day, g.last_day, r.oldest, r.newest, r.asked_until) as h;
    perform set_config('zendesk_sync.counts_itself', counted_before, true);
    return null;
  end if;
  -- One loss for days with lost rows that are within a week of each other. A detached table does not belong to a log.
  execute format(
    $sql$
      with gone as materialized (
        select g.account, s.stream, (g.%1$I at time zone 'UTC')::date as day, count(*) as rows,
          date_trunc('second', min(g.%1$I)) as lost_from, date_trunc('second', max(g.%1$I)) + interval '1 second' as lost_until
        from gone_rows g
        join zendesk_sync.streams s on s.account = g.account and s.log_table = %2$L
        group by 1, 2, 3
      ),
      taken as (
        insert into zendesk_sync.stored_rows (account, stream, day, rows)
        select account, stream, day, -rows from gone
      ),
      losses as (
        select account, stream, min(lost_from) as lost_from, max(lost_until) as lost_until, sum(rows) as rows
        from (
          select *, count(*) filter (where is_first) over (partition by account, stream order by day) as run
          from (
            select *, day - lag(day) over (partition by account, stream order by day) > 7 as is_first from gone
          ) as days
        ) as runs
        group by account, stream, run
      )
      insert into zendesk_sync.coverage_losses
        (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, done_by, last_fetch)
      select
        l.account, l.stream, l.lost_from, l.lost_until, l.lost_until, l.rows,
        (select count(*) from %2$s t where t.account = l.account and t.%1$I >= l.lost_from and t.%1$I < l.lost_until),
        'rows_deleted', session_user,
        (select max(f.id) from zendesk_sync.fetches f where f.account = l.account and f.stream = l.stream)
      from losses l
      order by l.account, l.stream, l.lost_from
    $sql$,
    tg_argv[0],
    log
  );
  perform set_config('zendesk_sync.counts_itself', counted_before, true);
  return null;
end
$$;

comment on function zendesk_sync.note_lost_rows() is 'Notes as losses what is deleted or truncated by hand in a log.';
