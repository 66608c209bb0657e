-- The same questions that src/ingest/coverage.ts answers, for people who only have SQL.
create view zendesk_sync.stream_gaps as
select
  wanted.account,
  wanted.stream,
  wanted.kind,
  wanted.retention_days,
  wanted.unavailable_since,
  wanted.unavailable_reason,
  wanted.unavailable_code,
  wanted.newest,
  wanted.spans,
  -- What retention has dropped is no break: what counts is the newest span between the horizon and the first gap.
  (
    select span from unnest(wanted.spans) as span
    where exists (
      select from unnest(wanted.spans + wanted.dropped) as joined where joined @> wanted.horizon and joined @> span
    )
    order by span desc limit 1
  ) as contiguous,
  case
    when wanted.horizon is null then '{}'::tstzmultirange
    else tstzmultirange(tstzrange(wanted.horizon, greatest(wanted.horizon, coalesce(greatest(wanted.newest, wanted.lost_until), now()))))
      - coalesce(wanted.spans, '{}'::tstzmultirange) - wanted.dropped
  end as open,
  case
    when wanted.oldest < wanted.horizon then tstzmultirange(tstzrange(wanted.oldest, wanted.horizon)) - wanted.spans - wanted.dropped
    else '{}'::tstzmultirange
  end as lost
from (
  select
    s.account,
    s.stream,
    s.kind,
    s.retention_days,
    s.unavailable_since,
    s.unavailable_reason,
    s.unavailable_code,
    coalesce(c.spans, '{}'::tstzmultirange) - coalesce(l.unsettled, '{}'::tstzmultirange) - coalesce(r.dropped, '{}'::tstzmultirange) as spans,
    coalesce(r.dropped, '{}'::tstzmultirange) as dropped,
    least(c.oldest, l.lost_from) as oldest,
    c.newest,
    l.lost_until,
    case
      when s.kind = 'listing' then null
      when s.retention_days is not null then date_trunc('second', now()) - make_interval(hours => 24 * s.retention_days)
      else coalesce(s.horizon, c.oldest)
    end as horizon
  from zendesk_sync.streams s
  left join (
    select account, stream, range_agg(tstzrange(covered_from, covered_until)) as spans, min(covered_from) as oldest, max(covered_until) as newest
    from zendesk_sync.coverage
    group by account, stream
  ) as c using (account, stream)
  left join (
    -- What was removed by hand and is not all back: the span is still wanted.
    select account, stream, min(lost_from) as lost_from, max(lost_until) as lost_until,
      range_agg(tstzrange(lost_from, rows_until)) filter (where not is_settled) as unsettled
    from zendesk_sync.losses
    group by account, stream
  ) as l using (account, stream)
  left join zendesk_sync.removed_spans r using (account, stream)
) as wanted;

comment on view zendesk_sync.stream_gaps is 'What is stored of each stream and what is not, as spans: a part of the view status.';
comment on column zendesk_sync.stream_gaps.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.stream_gaps.stream is 'The stream.';
comment on column zendesk_sync.stream_gaps.kind is 'log or listing.';
comment on column zendesk_sync.stream_gaps.retention_days is 'How long the source keeps the log; null: permanently.';
comment on column zendesk_sync.stream_gaps.unavailable_since is 'Since when Zendesk refuses the stream; null while it does not.';
comment on column zendesk_sync.stream_gaps.unavailable_reason is 'Why, and what to do.';
comment on column zendesk_sync.stream_gaps.unavailable_code is 'Why: a code of docs/errors.md.';
comment on column zendesk_sync.stream_gaps.newest is 'The newest covered moment.';
comment on column zendesk_sync.stream_gaps.spans is 'What is stored completely; without what retention has dropped.';
comment on column zendesk_sync.stream_gaps.contiguous is 'The unbroken covered span that reaches back to the horizon, or to what retention has dropped since; null until the oldest span is stored.';
comment on column zendesk_sync.stream_gaps.open is 'The spans between the horizon and the newest covered moment that are not stored yet.';
comment on column zendesk_sync.stream_gaps.lost is 'The spans before the horizon that were never stored.';
