create or replace function zendesk_sync.hull_of(
  first_day date, last_day date, oldest timestamptz, newest timestamptz, asked_until timestamptz
)
returns table (lost_from timestamptz, lost_until timestamptz, rows_until timestamptz)
language sql immutable
as $$
  -- Not beyond what was covered or ever requested: tomorrow cannot be a loss.
  select
    case when clipped.lost_from < clipped.lost_until then clipped.lost_from else zendesk_sync.start_of(first_day) end,
    case when clipped.lost_from < clipped.lost_until then clipped.lost_until else clipped.rows_until end,
    clipped.rows_until
  from (
    select
      greatest(zendesk_sync.start_of(first_day), oldest) as lost_from,
      least(zendesk_sync.start_of(last_day + 1), coalesce(newest, asked_until)) as lost_until,
      greatest(
        least(zendesk_sync.start_of(last_day + 1), greatest(newest, asked_until)),
        zendesk_sync.start_of(first_day) + interval '1 second'
      ) as rows_until
  ) as clipped
$$;

comment on function zendesk_sync.hull_of(date, date, timestamptz, timestamptz, timestamptz) is 'The covered span that some days of a log lie in, and until when rows of theirs may have been stored; from what the view reached says.';
