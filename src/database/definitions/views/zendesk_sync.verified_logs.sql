create view zendesk_sync.verified_logs as
select
  s.account,
  s.stream,
  newest.started_at as verified_at,
  newest.depth,
  deepest.started_at as deeply_verified_at,
  standing.findings,
  standing.found
from zendesk_sync.streams s
left join lateral (
  select v.started_at, v.depth from zendesk_sync.verifications v
  where v.account = s.account and v.outcome in ('clean', 'findings') and coalesce(v.stream, s.stream) = s.stream
    and v.verified_from is null and v.verified_until is null
  order by v.started_at desc
  limit 1
) as newest on true
left join lateral (
  select v.started_at from zendesk_sync.verifications v
  where v.account = s.account and v.outcome in ('clean', 'findings') and coalesce(v.stream, s.stream) = s.stream
    and v.verified_from is null and v.verified_until is null and v.depth = 'deep'
  order by v.started_at desc
  limit 1
) as deepest on true
cross join lateral (
  select
    coalesce(sum(f.findings), 0)::bigint as findings,
    coalesce(
      jsonb_agg(
        jsonb_build_object(
          'kind', f.kind, 'findings', f.findings, 'first', f.first_finding, 'depth', f.depth,
          'from', zendesk_sync.write_moment(f.found_from), 'until', zendesk_sync.write_moment(f.found_until), 'spans', f.spans,
          'found_at', zendesk_sync.write_moment(f.found_at)
        )
        order by f.found_at desc, f.kind
      ),
      '[]'
    ) as found
  from (
    -- Of what several verifications found the newest says how much there is.
    select distinct on (each.kind) each.*
    from zendesk_sync.standing_findings each
    where each.account = s.account and coalesce(each.stream, s.stream) = s.stream
    order by each.kind, each.found_at desc
  ) as f
) as standing
where s.kind = 'log';

comment on view zendesk_sync.verified_logs is 'What the verifications say of each log: a part of the view status.';
comment on column zendesk_sync.verified_logs.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.verified_logs.stream is 'The log.';
comment on column zendesk_sync.verified_logs.verified_at is 'When the last verification was begun that went over all of it to the end; null: not verified yet.';
comment on column zendesk_sync.verified_logs.depth is 'quick or deep: how thorough that was.';
comment on column zendesk_sync.verified_logs.deeply_verified_at is 'When the last one was begun that read every row; null: none yet.';
comment on column zendesk_sync.verified_logs.findings is 'How much verifications found that no later one has cleared.';
comment on column zendesk_sync.verified_logs.found is 'That by kind, newest first: kind, findings, first (in words), depth, from, until, spans, found_at.';
