-- The same questions that src/ingest/coverage.ts answers, for whoever has only SQL: one row per account and stream.
create view zendesk_sync.status as
with covered as (
  select
    account,
    stream,
    range_agg(tstzrange(covered_from, covered_until)) as spans,
    min(covered_from) as oldest,
    max(covered_until) as newest
  from zendesk_sync.coverage
  group by account, stream
),
wanted as (
  select
    s.account,
    s.stream,
    s.retention_days,
    s.unavailable_since,
    s.unavailable_reason,
    c.spans,
    c.oldest,
    c.newest,
    case
      when s.stream = 'users' then null
      when s.retention_days is not null then date_trunc('second', now()) - make_interval(days => s.retention_days)
      else coalesce(s.horizon, c.oldest)
    end as horizon
  from zendesk_sync.streams s
  left join covered c using (account, stream)
),
measured as (
  select
    w.*,
    (
      select span
      from unnest(w.spans) as span
      where span @> w.horizon
    ) as contiguous,
    case
      when w.horizon is null then '{}'::tstzmultirange
      else tstzmultirange(tstzrange(w.horizon, greatest(w.horizon, coalesce(w.newest, now()))))
        - coalesce(w.spans, '{}'::tstzmultirange)
    end as open,
    case
      when w.oldest < w.horizon then tstzmultirange(tstzrange(w.oldest, w.horizon)) - w.spans
      else '{}'::tstzmultirange
    end as lost
  from wanted w
),
running as (
  select account, stream from zendesk_sync.leases where expires_at > now()
),
latest as (
  select s.account, s.stream, run.*
  from zendesk_sync.streams s
  cross join (values ('live'), ('backfill'), ('listing')) as tasks (task)
  cross join lateral (
    select r.ended_at, r.outcome, r.error
    from zendesk_sync.runs r
    where r.account = s.account and r.stream = s.stream and r.task = tasks.task
    order by r.id desc
    limit 1
  ) as run
),
judged as (
  select
    l.account,
    l.stream,
    bool_or(
      case
        when l.ended_at is null then not exists (select from running r where (r.account, r.stream) = (l.account, l.stream))
        else l.outcome in ('failed', 'interrupted')
      end
    ) as failed
  from latest l
  group by l.account, l.stream
)
select
  m.account,
  m.stream,
  case
    when m.unavailable_since is not null then 'unavailable'
    when j.failed then 'failed'
    when exists (select from running r where (r.account, r.stream) = (m.account, m.stream)) then 'running'
    else 'ok'
  end as state,
  lower(m.contiguous) as covered_from,
  case when m.stream = 'users' then success.started_at else upper(m.contiguous) end as covered_until,
  (select count(*) from unnest(m.open))::integer as gaps,
  (select coalesce(sum(extract(epoch from upper(span) - lower(span))), 0) from unnest(m.open) as span)::bigint as gap_seconds,
  (select coalesce(sum(extract(epoch from upper(span) - lower(span))), 0) from unnest(m.lost) as span)::bigint as lost_seconds,
  case
    when m.retention_days is not null
      then coalesce(lower(m.open), m.newest) + make_interval(days => m.retention_days) - now()
  end as headroom,
  now() - case when m.stream = 'users' then success.started_at else m.newest end as lag,
  success.ended_at as last_success,
  coalesce(
    m.unavailable_reason,
    trouble.error,
    case when j.failed then 'The last run ended without a word: its process died. The next run goes on where it stopped.' end
  ) as last_error,
  coalesce(m.unavailable_since, trouble.ended_at) as last_error_at,
  case
    when m.stream = 'users' then (select count(*) from zendesk.users u where u.account = m.account)
    else (
      select coalesce(sum(f.rows_new), 0)
      from zendesk_sync.fetches f
      where f.account = m.account and f.stream = m.stream
    )
  end::bigint as rows
from measured m
left join judged j using (account, stream)
left join lateral (
  select r.started_at, r.ended_at
  from zendesk_sync.runs r
  where r.account = m.account and r.stream = m.stream and r.outcome = 'complete' and r.task in ('live', 'listing')
  order by r.id desc
  limit 1
) as success on true
left join lateral (
  select r.error, r.ended_at
  from zendesk_sync.runs r
  where r.account = m.account and r.stream = m.stream and r.error is not null
  order by r.id desc
  limit 1
) as trouble on true;

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
