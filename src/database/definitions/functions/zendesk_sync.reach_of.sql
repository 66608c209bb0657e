create or replace function zendesk_sync.reach_of(rule text, parameters jsonb)
  returns table (before interval, after interval, is_by_day boolean, is_endless boolean)
  language sql immutable parallel safe
begin atomic
  select
    -- These look at what follows a request.
    case when rule in ('enumeration', 'search_then_open', 'off_hours_access') then spans.length else interval '0' end,
    case when parameters ? 'measure' then make_interval(days => coalesce((parameters ->> 'days')::integer, 0) + 1) else spans.length end,
    parameters ? 'measure',
    -- These look at all that a person did before.
    parameters ? 'learning_days' or rule = 'dormant_admin'
  from (
    select greatest(
      make_interval(mins => coalesce((parameters ->> 'minutes')::integer, 0)),
      make_interval(hours => coalesce((parameters ->> 'hours')::integer, 0))
    ) as length
  ) as spans;
end;

comment on function zendesk_sync.reach_of(text, jsonb) is 'How far from new or changed rows a rule may find something else than before: how long before them and after them, whether by whole days, and whether everything later of the same people is concerned.';
