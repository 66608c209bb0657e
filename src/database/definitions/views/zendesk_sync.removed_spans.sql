create view zendesk_sync.removed_spans as
select
  r.account,
  r.stream,
  coalesce(range_agg(tstzrange(r.removed_from, r.removed_until)) filter (where r.what = 'rows'), '{}'::tstzmultirange) as dropped,
  jsonb_agg(
    jsonb_build_object(
      'what', r.what, 'removed_from', zendesk_sync.write_moment(r.removed_from), 'removed_until', zendesk_sync.write_moment(r.removed_until),
      'rows', r.rows, 'reason', r.reason, 'noted_at', zendesk_sync.write_moment(r.noted_at)
    )
    order by r.removed_from, r.noted_at
  ) as removals
from (
  -- Columns go some thousand rows at a time.
  select account, stream, what, removed_from, removed_until, reason, sum(rows)::bigint as rows, max(noted_at) as noted_at
  from zendesk_sync.removals
  where stream is not null
  group by account, stream, what, removed_from, removed_until, reason, (noted_at at time zone 'UTC')::date
) as r
group by r.account, r.stream;

comment on view zendesk_sync.removed_spans is 'What retention has taken away of each log: a part of the view status.';
comment on column zendesk_sync.removed_spans.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.removed_spans.stream is 'The log.';
comment on column zendesk_sync.removed_spans.dropped is 'The spans whose rows were dropped: neither stored nor missing, and never read again.';
comment on column zendesk_sync.removed_spans.removals is 'What was taken away, oldest first: what (rows, or a group of columns), removed_from, removed_until, rows, reason (the policy), noted_at.';
