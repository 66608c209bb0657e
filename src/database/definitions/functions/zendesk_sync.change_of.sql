create or replace function zendesk_sync.change_of(description text)
  returns table (property text, old_value text, new_value text)
  -- Postgres puts this text into the query that calls it. "offset 0" keeps what is inside from being worked out once for each
  -- column that uses it. Cut with plain functions: regular expressions with groups take milliseconds for the text of a trigger.
  language sql immutable parallel safe
begin atomic
  select
    nullif(rtrim(left(change.prefix, -13)), ''),
    case when change.at > 0 then left(change.rest, change.at - 1) end,
    coalesce(
      case when change.at > 0 then substr(change.rest, change.at + 4) end,
      lower(substring(change_of.description from '(?i)^(?:turned )?(on|off|enabled|disabled|activated|deactivated|suspended|unsuspended)$')),
      substring(change_of.description from '(?i)^set to (.+)$')
    )
  from (
    select found.prefix, rest.rest, position(' to ' in rest.rest) as at
    from (
      -- Several changes in one record have no one value before and after.
      select case when change_of.description !~* '\n[^\n]*\mchanged from '
        then substring(change_of.description from '(?i)^(?:[^\n]*? )??changed from ') end as prefix offset 0
    ) as found
    cross join lateral (select substr(change_of.description, length(found.prefix) + 1) as rest offset 0) as rest
    offset 0
  ) as change;
end;

comment on function zendesk_sync.change_of(text) is 'What a cleaned description of the audit log says was changed, from what, to what; null where it names nothing or several things.';
