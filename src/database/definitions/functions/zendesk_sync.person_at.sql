create or replace function zendesk_sync.person_at(account text, id bigint, moment timestamptz)
  returns table (name text, email text, role text)
  -- Postgres merges this text into the calling query, computes only what the query uses, and checks the rights of the user.
  language sql stable parallel safe
begin atomic
  select
    coalesce(past.name, (select u.name from zendesk.users u where u.account = person_at.account and u.id = person_at.id)),
    coalesce(past.email, (select u.email from zendesk.users u where u.account = person_at.account and u.id = person_at.id)),
    past.role
  from (values (1)) as one
  left join lateral (
    select h.name, h.email, h.role from zendesk.user_history h
    where h.account = person_at.account and h.id = person_at.id and h.valid_from <= person_at.moment
    order by h.valid_from desc limit 1
  ) as past on true;
end;

comment on function zendesk_sync.person_at(text, bigint, timestamptz) is 'Who a person was at a moment: name and e-mail address then, else as they are now; role then, null for times before the person was first seen here.';
