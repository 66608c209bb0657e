create view zendesk_sync.late_rows as
select
  read.account,
  read.stream,
  read.age_seconds,
  read.read_until,
  coalesce(late.rows, 0)::bigint as rows,
  late.last_found_at
from (
  select account, stream, age_seconds, max(covered_until) as read_until
  from zendesk_sync.rescans
  group by account, stream, age_seconds
) as read
left join lateral (
  -- A rescan that still runs has found what it has found.
  select sum(f.rows_late) as rows, max(coalesce(f.ended_at, f.started_at)) as last_found_at
  from zendesk_sync.fetches f
  where f.account = read.account and f.stream = read.stream and f.rescan_age_seconds = read.age_seconds
    and f.rows_late > 0
) as late on true;

comment on view zendesk_sync.late_rows is 'What appeared late, by the age at which it was found: one row per account, stream and age of RESCAN_AFTER.';
comment on column zendesk_sync.late_rows.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.late_rows.stream is 'The stream.';
comment on column zendesk_sync.late_rows.age_seconds is 'The age at which spans are read again, in seconds.';
comment on column zendesk_sync.late_rows.read_until is 'What is older than this was read at that age or a greater one, or was stored before the age was set.';
comment on column zendesk_sync.late_rows.rows is 'New rows that were found by reading covered spans again at that age.';
comment on column zendesk_sync.late_rows.last_found_at is 'When the newest of them was found; null while there is none.';
