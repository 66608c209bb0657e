create or replace function zendesk_sync.write_moment(moment timestamptz) returns text
  language sql stable parallel safe
  return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

comment on function zendesk_sync.write_moment(timestamptz) is 'A moment as ISO 8601 in UTC, to the second, whatever the settings of the session.';
