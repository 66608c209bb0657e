create or replace function zendesk_sync.seconds_in(spans tstzmultirange) returns bigint
  language sql immutable parallel safe
  return (select coalesce(sum(extract(epoch from upper(span) - lower(span))), 0)::bigint from unnest(spans) as span);

comment on function zendesk_sync.seconds_in(tstzmultirange) is 'The length of all these spans together, in seconds.';
