create view zendesk_sync.stored_days as
select account, stream, day, sum(rows)::bigint as rows
from zendesk_sync.stored_rows
group by account, stream, day
having sum(rows) > 0;

comment on view zendesk_sync.stored_days is 'How many rows of each day the ledger says are stored.';
comment on column zendesk_sync.stored_days.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.stored_days.stream is 'The stream.';
comment on column zendesk_sync.stored_days.day is 'The day, UTC.';
comment on column zendesk_sync.stored_days.rows is 'Rows.';
