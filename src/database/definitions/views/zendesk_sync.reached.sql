-- What an unfinished fetch has stored is covered by nothing yet, and will be when it ends: it is reached like what is covered.
create view zendesk_sync.reached as
select
  s.account,
  s.stream,
  least(covered.oldest, unfinished.oldest) as oldest,
  covered.newest,
  greatest(asked.newest, unfinished.newest) as asked_until
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
) as asked
cross join lateral (
  select min(f.span_from) as oldest, max(f.span_until) as newest
  from zendesk_sync.fetches f
  where f.account = s.account and f.stream = s.stream
    and (f.outcome is null or (f.outcome = 'failed' and f.cursor is not null))
) as unfinished;

comment on view zendesk_sync.reached is 'Between which moments a stream is covered or being read, and until when it was asked for: a part of the view losses.';
comment on column zendesk_sync.reached.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.reached.stream is 'The stream.';
comment on column zendesk_sync.reached.oldest is 'The oldest moment that is covered or is in a fetch that has not ended.';
comment on column zendesk_sync.reached.newest is 'The newest covered moment.';
comment on column zendesk_sync.reached.asked_until is 'The newest moment that any of the last fetches, or one that has not ended, asked for.';
