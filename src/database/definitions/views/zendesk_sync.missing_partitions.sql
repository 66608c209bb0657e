-- Rows that the ledger has counted but whose partition no longer exists: found in the catalogue, without counting.
create view zendesk_sync.missing_partitions as
select
  c.account,
  c.stream,
  c.log_table,
  case when detached.name is null then 'partition_dropped' else 'partition_detached' end as code,
  coalesce(detached.name, 'zendesk_partitions.' || c.usual_name) as partition,
  c.first_day,
  c.last_day,
  c.rows,
  hull.lost_from,
  hull.lost_until,
  hull.rows_until
from (
  select
    s.account,
    s.stream,
    s.log_table,
    split_part(s.log_table, '.', 2) || '_' || to_char(cut.began, case s.log_partition when 'month' then 'YYYY_MM' else 'YYYY' end) as usual_name,
    min(d.day) as first_day,
    max(d.day) as last_day,
    sum(d.rows)::bigint as rows
  from zendesk_sync.streams s
  join zendesk_sync.stored_days d using (account, stream)
  cross join lateral (select date_trunc(s.log_partition, d.day::timestamp) as began) as cut
  where s.log_table is not null
  group by s.account, s.stream, s.log_table, s.log_partition, cut.began
) as c
left join lateral (
  select n.nspname || '.' || t.relname as name
  from pg_class t
  join pg_namespace n on n.oid = t.relnamespace
  where t.relkind = 'r' and not t.relispartition
    -- Also where one was before partitions had a schema of their own.
    and n.nspname in ('zendesk_partitions', split_part(c.log_table, '.', 1))
    and t.relname ~ ('^' || c.usual_name || '(_\d+)?$')
  order by 1
  limit 1
) as detached on true
join zendesk_sync.reached r on r.account = c.account and r.stream = c.stream
cross join lateral zendesk_sync.hull_of(c.first_day, c.last_day, r.oldest, r.newest, r.asked_until) as hull
where not (
  -- One that was made by hand may begin or end within the day.
  exists (
    select from zendesk_sync.partitions p
    where p.log_table = c.log_table and p.held_from < zendesk_sync.start_of(c.first_day + 1) and zendesk_sync.start_of(c.first_day) < p.held_until
  )
  and exists (
    select from zendesk_sync.partitions p
    where p.log_table = c.log_table and p.held_from < zendesk_sync.start_of(c.last_day + 1) and zendesk_sync.start_of(c.last_day) < p.held_until
  )
);

comment on view zendesk_sync.missing_partitions is 'Partitions that were dropped or detached by hand, as long as no run has noticed it: a part of the view losses.';
comment on column zendesk_sync.missing_partitions.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.missing_partitions.stream is 'The stream.';
comment on column zendesk_sync.missing_partitions.log_table is 'The table of the log.';
comment on column zendesk_sync.missing_partitions.code is 'partition_dropped or partition_detached.';
comment on column zendesk_sync.missing_partitions.partition is 'The partition; where it was dropped, by the name that it usually has.';
comment on column zendesk_sync.missing_partitions.first_day is 'The first day of which it had rows.';
comment on column zendesk_sync.missing_partitions.last_day is 'The last one.';
comment on column zendesk_sync.missing_partitions.rows is 'How many rows the ledger had counted in it.';
comment on column zendesk_sync.missing_partitions.lost_from is 'First instant of what was covered there.';
comment on column zendesk_sync.missing_partitions.lost_until is 'First instant after it.';
comment on column zendesk_sync.missing_partitions.rows_until is 'First instant after the newest row that was in it.';
