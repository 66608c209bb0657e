create view zendesk_sync.losses as
select
  account, stream, lost_from, lost_until, rows_until, rows, code, partition, done_by, noticed_at,
  settled_at is not null as is_settled, 0::bigint as rows_counted, closed_at, rows_found
from zendesk_sync.coverage_losses
where closed_at is null or rows_found < rows
union all
select
  account, stream, lost_from, lost_until, rows_until, rows, code, partition, null, null,
  false, rows, null, null
from zendesk_sync.missing_partitions;

comment on view zendesk_sync.losses is 'Rows that were stored, were taken away and are not all back: noted ones, and what the catalogue shows at this moment.';
comment on column zendesk_sync.losses.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.losses.stream is 'The stream.';
comment on column zendesk_sync.losses.lost_from is 'First instant of the span that the rows lay in.';
comment on column zendesk_sync.losses.lost_until is 'First instant after it.';
comment on column zendesk_sync.losses.rows_until is 'First instant after the newest row that may be among them.';
comment on column zendesk_sync.losses.rows is 'How many rows were lost.';
comment on column zendesk_sync.losses.code is 'What was done: partition_dropped, partition_detached, partition_truncated, rows_deleted, rows_missing, lost_by_restore or missing_by_reconcile (never stored, found by reconcile).';
comment on column zendesk_sync.losses.partition is 'The partition; null where rows were deleted or missed.';
comment on column zendesk_sync.losses.done_by is 'The user of the database who did it, where that is known.';
comment on column zendesk_sync.losses.noticed_at is 'When it was done or first noticed; null: no run has noticed it yet.';
comment on column zendesk_sync.losses.is_settled is 'Whether the span was taken out of zendesk_sync.coverage.';
comment on column zendesk_sync.losses.rows_counted is 'How many of the rows the ledger still counts as stored.';
comment on column zendesk_sync.losses.closed_at is 'When all of the span that Zendesk still had was stored again.';
comment on column zendesk_sync.losses.rows_found is 'How many rows that brought back.';
