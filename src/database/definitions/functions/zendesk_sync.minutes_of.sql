create or replace function zendesk_sync.minutes_of(parameters jsonb) returns interval
  language sql immutable parallel safe
  return make_interval(mins => (parameters ->> 'minutes')::integer);

comment on function zendesk_sync.minutes_of(jsonb) is 'The parameter "minutes" of a rule as a length of time.';
