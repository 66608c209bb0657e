create or replace function zendesk_sync.role_at(account text, id bigint, moment timestamptz)
  returns table (role text, role_source text)
  -- Postgres puts this text into the query that calls it, and checks the rights of who asks: readers have the redacted view alone.
  language sql stable parallel safe
begin atomic
  select
    coalesce(observed.role, derived.role, present.role),
    case
      when observed.role is not null then 'observed'
      when derived.role is not null then 'derived'
      when present.role is not null then 'present'
    end
  from (values (1)) as one
  left join lateral (
    select h.role from zendesk.user_history h
    where h.account = role_at.account and h.id = role_at.id and h.valid_from <= role_at.moment
    order by h.valid_from desc limit 1
  ) as observed on true
  left join lateral (
    select case
      when named.role ~* '^(admin|owner|account owner)' then 'admin'
      when named.role ~* '^end[- ]?user' then 'end-user'
      -- Roles of one's own are those of agents.
      when named.role is not null then 'agent'
    end as role
    from (
      select coalesce(
        -- Backwards from the present: the next change says what the role was before it.
        (
          select substring(zendesk.clean_text(a.change_description) from '(?i)(?:^|\n)role changed from ([^\n]+?) to ')
          from zendesk.audit_logs_redacted a
          where a.account = role_at.account and a.source_type = 'user' and a.source_id = role_at.id and a.created_at > role_at.moment
            and a.action = 'update' and zendesk.clean_text(a.change_description) ~* '(^|\n)role changed from '
          order by a.created_at, a.id limit 1
        ),
        (
          select substring(zendesk.clean_text(a.change_description) from '(?i)(?:^|\n)role changed from [^\n]+? to ([^\n]+)(?:\n|$)')
          from zendesk.audit_logs_redacted a
          where a.account = role_at.account and a.source_type = 'user' and a.source_id = role_at.id and a.created_at <= role_at.moment
            and a.action = 'update' and zendesk.clean_text(a.change_description) ~* '(^|\n)role changed from '
          order by a.created_at desc, a.id desc limit 1
        )
      ) as role
    ) as named
    where observed.role is null
  ) as derived on true
  left join lateral (
    select coalesce(
      (
        select h.role from zendesk.user_history h
        where h.account = role_at.account and h.id = role_at.id and h.role is not null
        order by h.valid_from limit 1
      ),
      (select u.role from zendesk.users u where u.account = role_at.account and u.id = role_at.id)
    ) as role
    where observed.role is null and derived.role is null
  ) as present on true;
end;

comment on function zendesk_sync.role_at(text, bigint, timestamptz) is 'The role of a person at a moment, and how it is known: observed (the people were read then), derived (from the changes of roles in the audit log, backwards from the present), present (as it was first seen here: the audit log has no change of it). Null for people who are not known.';
