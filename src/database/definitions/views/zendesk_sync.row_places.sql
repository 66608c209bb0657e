create view zendesk_sync.row_places as
select account, stream, date_trunc('month', day::timestamp)::date as month, 'hot' as place, sum(rows)::bigint as rows, null::bigint as bytes
from zendesk_sync.stored_days
group by account, stream, date_trunc('month', day::timestamp)
union all
select account, stream, month, 'archived', sum(rows)::bigint, sum(bytes)::bigint
from zendesk_sync.archived_objects
where left_at is not null
group by account, stream, month
union all
select account, stream, date_trunc('month', removed_from at time zone 'UTC')::date, 'dropped', sum(rows)::bigint, null
from zendesk_sync.removals
where what = 'rows'
group by account, stream, date_trunc('month', removed_from at time zone 'UTC');

comment on view zendesk_sync.row_places is 'Where the rows of each month of each log are.';
comment on column zendesk_sync.row_places.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.row_places.stream is 'The stream.';
comment on column zendesk_sync.row_places.month is 'First day of the month, UTC.';
comment on column zendesk_sync.row_places.place is 'hot: in the table; archived: in the archive (ARCHIVE_URL); dropped: by retention, under the month in which the dropped span began.';
comment on column zendesk_sync.row_places.rows is 'How many rows.';
comment on column zendesk_sync.row_places.bytes is 'Bytes of their objects in the archive; null elsewhere.';
