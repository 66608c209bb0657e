create view zendesk_sync.status as
select
  s.account,
  s.stream,
  case
    when s.unavailable_since is not null then 'unavailable'
    when r.failed then 'failed'
    when r.is_running then 'running'
    else 'ok'
  end as state,
  lower(g.contiguous) as covered_from,
  case when s.stream = 'users' then r.success_started_at else upper(g.contiguous) end as covered_until,
  (select count(*) from unnest(g.open))::integer as gaps,
  zendesk_sync.seconds_in(g.open) as gap_seconds,
  zendesk_sync.seconds_in(g.lost) as lost_seconds,
  case
    when s.retention_days is not null
      then coalesce(lower(g.open), g.newest) + make_interval(days => s.retention_days) - now()
  end as headroom,
  now() - case when s.stream = 'users' then r.success_started_at else g.newest end as lag,
  r.success_ended_at as last_success,
  coalesce(
    s.unavailable_reason,
    r.error,
    case when r.failed then 'The last run ended without a word: its process died. The next run goes on where it stopped.' end
  ) as last_error,
  coalesce(s.unavailable_since, r.error_at) as last_error_at,
  case
    when s.stream = 'users' then (select count(*) from zendesk.users u where u.account = s.account)
    else (
      select coalesce(sum(f.rows_new), 0)
      from zendesk_sync.fetches f
      where f.account = s.account and f.stream = s.stream
    )
  end::bigint as rows
from zendesk_sync.streams s
join zendesk_sync.stream_gaps g using (account, stream)
join zendesk_sync.stream_runs r using (account, stream);

comment on view zendesk_sync.status is 'How each stream of each account stands: one row per account and stream.';
comment on column zendesk_sync.status.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.status.stream is 'audit_logs, access_logs or users.';
comment on column zendesk_sync.status.state is 'ok; running; failed (the last run did not finish: see last_error); unavailable (Zendesk refuses this stream to us: see last_error).';
comment on column zendesk_sync.status.covered_from is 'Where the unbroken covered part begins that reaches back to the horizon; null until the oldest span is stored.';
comment on column zendesk_sync.status.covered_until is 'The watermark: everything from covered_from up to this moment is stored. For users: when the last complete listing started.';
comment on column zendesk_sync.status.gaps is 'Number of spans between the horizon and the newest covered moment that are not stored yet.';
comment on column zendesk_sync.status.gap_seconds is 'Length of those spans together, in seconds.';
comment on column zendesk_sync.status.lost_seconds is 'Seconds that were never stored and that Zendesk no longer keeps. They cannot be had any more.';
comment on column zendesk_sync.status.headroom is 'Time until the oldest moment that is not stored yet falls out of what Zendesk keeps; null where it keeps the log for ever.';
comment on column zendesk_sync.status.lag is 'Age of the newest covered moment. In normal work about SETTLE plus the time between two ticks.';
comment on column zendesk_sync.status.last_success is 'When the stream was last followed to the present without an error.';
comment on column zendesk_sync.status.last_error is 'The newest error in plain words, also when it is over; null if there never was one.';
comment on column zendesk_sync.status.last_error_at is 'When that error happened.';
comment on column zendesk_sync.status.rows is 'Rows stored.';
