create or replace function zendesk_sync.start_of(day date) returns timestamptz
  language sql immutable parallel safe
  return day::timestamp at time zone 'UTC';

comment on function zendesk_sync.start_of(date) is 'The moment a day begins, UTC.';
