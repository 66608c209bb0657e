-- A finding stands until a later verification that looked at the same has ended without it.
create view zendesk_sync.standing_findings as
select
  v.account,
  f.stream,
  f.kind,
  f.findings,
  f.first_finding,
  f.found_from,
  f.found_until,
  f.spans,
  v.depth,
  v.started_at as found_at
from zendesk_sync.verifications v
cross join lateral jsonb_to_recordset(v.found) as f (
  stream text, kind text, anchor text, is_deep boolean, findings bigint, first_finding text, found_from timestamptz, found_until timestamptz, spans jsonb
)
where v.findings > 0
  and not exists (
    select from zendesk_sync.verifications w
    where w.account = v.account and w.outcome in ('clean', 'findings') and w.started_at >= coalesce(v.ended_at, v.started_at) and w.id <> v.id
      and (w.depth = 'deep' or not f.is_deep)
      and (w.stream is null or w.stream = f.stream)
      and (w.verified_from is null or w.verified_from <= f.found_from)
      and (w.verified_until is null or w.verified_until > f.found_until)
      and (f.anchor is null or f.anchor = any (w.anchors))
  );

comment on view zendesk_sync.standing_findings is 'What verifications found and no later one has cleared, by stream and kind.';
comment on column zendesk_sync.standing_findings.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.standing_findings.stream is 'The log; null: the sealed log of the account, and so all of them.';
comment on column zendesk_sync.standing_findings.kind is 'What it is: a name of the table in docs/evidence.md.';
comment on column zendesk_sync.standing_findings.findings is 'How many there are.';
comment on column zendesk_sync.standing_findings.first_finding is 'The first of them in words.';
comment on column zendesk_sync.standing_findings.found_from is 'The earliest time of a row or span that they concern; null: not known.';
comment on column zendesk_sync.standing_findings.found_until is 'The latest one.';
comment on column zendesk_sync.standing_findings.spans is 'What of the time between they are about, as pairs of first and last moment; null: not known.';
comment on column zendesk_sync.standing_findings.depth is 'quick or deep: how thorough the verification was.';
comment on column zendesk_sync.standing_findings.found_at is 'When the verification was begun.';
