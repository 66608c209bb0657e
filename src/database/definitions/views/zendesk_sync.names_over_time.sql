-- Each side reads one table and computes nothing that a condition on account and person would have to wait for: so a query
-- that asks for a name finds the person first, and one that shows few rows looks up only the people in them.
create view zendesk_sync.names_over_time as
select
  h.account,
  h.id,
  h.valid_from as from_at,
  coalesce(
    (select min(n.valid_from) from zendesk.user_history n where n.account = h.account and n.id = h.id and n.valid_from > h.valid_from), 'infinity'
  ) as until_at,
  coalesce(h.name, (select u.name from zendesk.users u where u.account = h.account and u.id = h.id)) as name,
  coalesce(h.email, (select u.email from zendesk.users u where u.account = h.account and u.id = h.id)) as email
from zendesk.user_history h
union all
select
  u.account,
  u.id,
  '-infinity'::timestamptz,
  coalesce((select min(n.valid_from) from zendesk.user_history n where n.account = u.account and n.id = u.id), 'infinity'),
  u.name,
  u.email
from zendesk.users u;

comment on view zendesk_sync.names_over_time is 'Names and e-mail addresses of people, one row for each time in which they were the same; before a person was first seen here, those of now.';
comment on column zendesk_sync.names_over_time.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.names_over_time.id is 'The person.';
comment on column zendesk_sync.names_over_time.from_at is 'First instant of that time.';
comment on column zendesk_sync.names_over_time.until_at is 'First instant after it.';
comment on column zendesk_sync.names_over_time.name is 'Name in that time, else as it is now.';
comment on column zendesk_sync.names_over_time.email is 'E-mail address in that time, else as it is now.';
