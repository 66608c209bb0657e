create view zendesk_sync.reached as
select s.account, s.stream, covered.oldest, covered.newest, asked.newest as asked_until
from zendesk_sync.streams s
cross join lateral (
  select min(c.covered_from) as oldest, max(c.covered_until) as newest
  from zendesk_sync.coverage c
  where c.account = s.account and c.stream = s.stream
) as covered
cross join lateral (
  select max(recent.span_until) as newest
  from (
    select f.span_until
    from zendesk_sync.fetches f
    where f.account = s.account and f.stream = s.stream
    order by f.id desc
    limit 50
  ) as recent
) as asked;

comment on view zendesk_sync.reached is 'Between which moments a stream is covered, and until when it was asked for: a part of the view losses.';
comment on column zendesk_sync.reached.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.reached.stream is 'The stream.';
comment on column zendesk_sync.reached.oldest is 'The oldest covered moment.';
comment on column zendesk_sync.reached.newest is 'The newest covered moment.';
comment on column zendesk_sync.reached.asked_until is 'The newest moment that any of the last fetches asked for.';
