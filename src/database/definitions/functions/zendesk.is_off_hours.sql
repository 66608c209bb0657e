create or replace function zendesk.is_off_hours(moment timestamp, opens time, closes time, weekend boolean) returns boolean
  language sql immutable parallel safe
  return moment::time < opens or moment::time >= closes or weekend and extract(isodow from moment) > 5;

comment on function zendesk.is_off_hours(timestamp, time, time, boolean) is 'Whether a local time lies before opening, at or after closing, or, where weekend is true, on Saturday or Sunday.';
