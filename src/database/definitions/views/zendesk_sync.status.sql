create view zendesk_sync.status as
select
  g.account,
  g.stream,
  case
    when g.unavailable_since is not null then 'unavailable'
    when latest.failed then 'failed'
    when lease.is_held then 'running'
    else 'ok'
  end as state,
  lower(g.contiguous) as covered_from,
  case when g.kind = 'listing' then success.started_at else upper(g.contiguous) end as covered_until,
  (select count(*) from unnest(g.open))::integer as gaps,
  zendesk_sync.seconds_in(g.open) as gap_seconds,
  zendesk_sync.seconds_in(g.lost) as lost_seconds,
  case
    when g.retention_days is not null
      then floor(extract(epoch from coalesce(lower(g.open), g.newest) - now())) + 86400 * g.retention_days
  end::bigint as headroom_seconds,
  floor(extract(epoch from now() - case when g.kind = 'listing' then success.started_at else g.newest end))::bigint as lag_seconds,
  success.ended_at as last_success,
  coalesce(
    g.unavailable_reason,
    case when stuck.holder is not null then concat(
      'The process ', stuck.holder, ' lives, but could not renew its lease: Postgres takes no writes from it. ',
      'Its log says why; look first whether the disk of Postgres is full.'
    ) end,
    trouble.error,
    case when latest.failed then 'The last run ended without a word: its process died. The next run goes on where it stopped.' end
  ) as last_error,
  coalesce(g.unavailable_since, stuck.expires_at, trouble.ended_at) as last_error_at,
  case
    when g.kind = 'listing' then coalesce(known.people, 0)
    else greatest(0, stored.rows - coalesce(lost.rows_counted, 0))
  end::bigint as rows,
  case
    when g.unavailable_reason is not null then g.unavailable_code
    when stuck.holder is not null then 'process_cannot_write'
    when trouble.error is not null then trouble.error_code
    when latest.failed then 'process_died'
  end as last_error_code,
  (select count(*) from zendesk_sync.quarantine q where q.account = g.account and q.stream = g.stream) as quarantined,
  coalesce(lost.losses, '[]') as losses,
  (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'age_seconds', l.age_seconds, 'rows', l.rows, 'last_found_at', zendesk_sync.write_moment(l.last_found_at)
        )
        order by l.age_seconds
      ),
      '[]'
    )
    from zendesk_sync.late_rows l where l.account = g.account and l.stream = g.stream
  ) as late_rows,
  verified.verified_at,
  verified.deeply_verified_at,
  coalesce(verified.findings, 0) as verification_findings,
  coalesce(verified.found, '[]') as found,
  compared.last as last_reconciliation,
  (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'kind', a.kind, 'place', a.place, 'last_success', zendesk_sync.write_moment(a.last_success),
          'age_seconds', a.age_seconds, 'size', a.size, 'failures', a.failures, 'error', a.error
        )
        order by a.kind, a.place
      ),
      '[]'
    )
    from zendesk_sync.anchors a where a.account = g.account
  ) as anchors,
  coalesce(removed.removals, '[]') as removals,
  (
    select coalesce(sum(o.rows), 0) from zendesk_sync.archived_objects o
    where o.account = g.account and o.stream = g.stream and o.left_at is not null
  )::bigint as archived_rows
from zendesk_sync.stream_gaps g
cross join lateral (
  select coalesce(sum(r.rows), 0) as rows from zendesk_sync.stored_rows r where r.account = g.account and r.stream = g.stream
) as stored
left join (
  select
    account,
    stream,
    sum(rows_counted) as rows_counted,
    jsonb_agg(
      jsonb_build_object(
        'lost_from', zendesk_sync.write_moment(lost_from), 'lost_until', zendesk_sync.write_moment(lost_until),
        'rows_until', zendesk_sync.write_moment(rows_until), 'rows', rows, 'code', code, 'partition', partition,
        'done_by', done_by, 'noticed_at', zendesk_sync.write_moment(noticed_at), 'is_settled', is_settled,
        'rows_found', rows_found
      )
      order by lost_from, lost_until
    ) as losses
  from zendesk_sync.losses
  group by account, stream
) as lost using (account, stream)
left join zendesk_sync.verified_logs verified using (account, stream)
left join zendesk_sync.removed_spans removed using (account, stream)
-- Counted for all accounts at once: the people may be on other servers than the ledger.
left join (select u.account, count(*) as people from zendesk.users u group by u.account) as known on known.account = g.account
left join lateral (
  select jsonb_build_object(
    'ended_at', zendesk_sync.write_moment(r.ended_at), 'outcome', r.outcome, 'sample', r.sample, 'missing_here', r.missing_here,
    'missing_there', r.missing_there, 'different', r.different
  ) as last
  from zendesk_sync.reconciliations r
  where r.account = g.account and r.stream = g.stream and r.ended_at is not null
  order by r.id desc limit 1
) as compared on true
cross join lateral (
  select exists (
    select from zendesk_sync.leases l where l.account = g.account and l.stream = g.stream and l.expires_at > now()
  ) as is_held
) as lease
cross join lateral (
  -- The newest run of each task, which may have no end because its process died.
  select
    bool_or(case when run.ended_at is null then not lease.is_held else run.outcome in ('failed', 'interrupted') end) as failed,
    bool_or(run.ended_at is null and not lease.is_held) as is_left
  from (values ('live'), ('backfill'), ('listing')) as tasks (task)
  cross join lateral (
    select r.ended_at, r.outcome from zendesk_sync.runs r
    where r.account = g.account and r.stream = g.stream and r.task = tasks.task
    order by r.id desc limit 1
  ) as run
) as latest
left join lateral (
  -- A process names its connections after itself: one that has some is not dead.
  select l.holder, l.expires_at from zendesk_sync.leases l
  where latest.is_left and l.account = g.account and l.stream = g.stream
    and exists (
      select from pg_stat_activity a
      where a.datname = current_database() and a.application_name = left('zendesk-log-sync ' || l.holder, 63)
    )
) as stuck on true
left join lateral (
  select r.started_at, r.ended_at from zendesk_sync.runs r
  where r.account = g.account and r.stream = g.stream and r.outcome = 'complete' and r.task in ('live', 'listing')
  order by r.id desc limit 1
) as success on true
left join lateral (
  select r.error, r.error_code, r.ended_at from zendesk_sync.runs r
  where r.account = g.account and r.stream = g.stream and r.error is not null
  order by r.id desc limit 1
) as trouble on true;

comment on view zendesk_sync.status is 'The state of each stream of each account: one row per account and stream.';
comment on column zendesk_sync.status.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.status.stream is 'audit_logs, access_logs or users.';
comment on column zendesk_sync.status.state is 'ok; running; failed (the last run did not finish: see last_error); unavailable (Zendesk refuses this stream to us: see last_error).';
comment on column zendesk_sync.status.covered_from is 'Where the unbroken covered part begins that reaches back to the horizon, or to what retention has dropped since; null until the oldest span is stored.';
comment on column zendesk_sync.status.covered_until is 'The watermark: everything from covered_from up to this moment is stored. For users: when the last complete listing started.';
comment on column zendesk_sync.status.gaps is 'Number of spans between the horizon and the newest covered moment that are not stored yet.';
comment on column zendesk_sync.status.gap_seconds is 'Length of those spans together, in seconds.';
comment on column zendesk_sync.status.lost_seconds is 'Seconds that were never stored and that Zendesk no longer has. They are permanently lost.';
comment on column zendesk_sync.status.headroom_seconds is 'Seconds until Zendesk deletes the oldest moment that is not stored yet; null if Zendesk keeps the log permanently.';
comment on column zendesk_sync.status.lag_seconds is 'Age of the newest covered moment in seconds. In normal work about SETTLE plus the time between two ticks.';
comment on column zendesk_sync.status.last_success is 'When the stream was last followed to the present without an error.';
comment on column zendesk_sync.status.last_error is 'The newest error in plain words, also when it is over; null if there never was one.';
comment on column zendesk_sync.status.last_error_at is 'When that error happened.';
comment on column zendesk_sync.status.rows is 'Rows that are in the table.';
comment on column zendesk_sync.status.last_error_code is 'What kind of error last_error tells of: a code of docs/errors.md.';
comment on column zendesk_sync.status.quarantined is 'Records that could not be stored and lie in zendesk_sync.quarantine: they are missing in the rows, though their time counts as covered.';
comment on column zendesk_sync.status.losses is 'What was taken away and is not all back, oldest first: the span, rows, code (partition_dropped, partition_detached, partition_truncated, rows_deleted, rows_missing, lost_by_restore, missing_by_reconcile), partition, done_by, noticed_at, and rows_found when all that Zendesk still had was read again.';
comment on column zendesk_sync.status.late_rows is 'What appeared only after its time was covered, by the age at which it was found: age_seconds, rows, last_found_at.';
comment on column zendesk_sync.status.verified_at is 'When the last verification of all of the log against the sealed log was begun; null: not verified yet.';
comment on column zendesk_sync.status.deeply_verified_at is 'When the last one was begun that read every row; null: none yet.';
comment on column zendesk_sync.status.verification_findings is 'How much verifications found that is not as it was stored, and no later one has cleared. While it is not 0, nothing of the log counts as completely stored.';
comment on column zendesk_sync.status.found is 'That by kind, newest first: kind, findings, first (in words), depth, from, until (of the rows or spans concerned), found_at.';
comment on column zendesk_sync.status.last_reconciliation is 'What the last comparison with Zendesk came to: ended_at, outcome (equal, findings, incomplete, failed, stopped), sample (random parts; null: all of a span), missing_here, missing_there, different; null before the first.';
comment on column zendesk_sync.status.anchors is 'The places outside of this database that checkpoints of the sealed log of the account are brought to: kind, place, last_success, age_seconds (since then, or since it is tried), size (entries of the log then), failures (since then), error (in a sentence).';
comment on column zendesk_sync.status.removals is 'What retention has taken away, oldest first: what (rows, or a group of columns such as search_text), removed_from, removed_until, rows, reason (the policy), noted_at. It is neither stored nor missing.';
comment on column zendesk_sync.status.archived_rows is 'Rows that are in the archive (ARCHIVE_URL) and not in the table.';
