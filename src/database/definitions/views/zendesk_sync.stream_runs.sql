create view zendesk_sync.stream_runs as
select
  s.account,
  s.stream,
  lease.is_held as is_running,
  latest.failed,
  success.started_at as success_started_at,
  success.ended_at as success_ended_at,
  trouble.error,
  trouble.ended_at as error_at
from zendesk_sync.streams s
cross join lateral (
  select exists (
    select from zendesk_sync.leases l where l.account = s.account and l.stream = s.stream and l.expires_at > now()
  ) as is_held offset 0
) as lease
cross join lateral (
  select bool_or(case when run.ended_at is null then not lease.is_held else run.outcome in ('failed', 'interrupted') end) as failed
  from (values ('live'), ('backfill'), ('listing')) as tasks (task)
  cross join lateral (
    select r.ended_at, r.outcome
    from zendesk_sync.runs r
    where r.account = s.account and r.stream = s.stream and r.task = tasks.task
    order by r.id desc
    limit 1
  ) as run
) as latest
left join lateral (
  select r.started_at, r.ended_at
  from zendesk_sync.runs r
  where r.account = s.account and r.stream = s.stream and r.outcome = 'complete' and r.task in ('live', 'listing')
  order by r.id desc
  limit 1
) as success on true
left join lateral (
  select r.error, r.ended_at
  from zendesk_sync.runs r
  where r.account = s.account and r.stream = s.stream and r.error is not null
  order by r.id desc
  limit 1
) as trouble on true;

comment on view zendesk_sync.stream_runs is 'How the last runs on each stream went: a part of the view status.';
comment on column zendesk_sync.stream_runs.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.stream_runs.stream is 'The stream.';
comment on column zendesk_sync.stream_runs.is_running is 'Whether a process has the right to pull the stream now.';
comment on column zendesk_sync.stream_runs.failed is 'Whether the last run of any task did not finish, or stands without an end while nobody is at it; null where there was none.';
comment on column zendesk_sync.stream_runs.success_started_at is 'Start of the last run that followed the stream to the present.';
comment on column zendesk_sync.stream_runs.success_ended_at is 'End of that run.';
comment on column zendesk_sync.stream_runs.error is 'The newest error of a run.';
comment on column zendesk_sync.stream_runs.error_at is 'When that run ended.';
