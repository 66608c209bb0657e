create or replace function zendesk_sync.zone_of(zone text, other text) returns text
  language plpgsql stable parallel safe
as $$
begin
  -- A zone that this server does not know would end the query with an error. Its list of all zones takes 20 ms to read.
  perform timezone(zone, timestamptz 'epoch');
  return coalesce(zone, other);
exception when invalid_parameter_value then
  return other;
end
$$;

comment on function zendesk_sync.zone_of(text, text) is 'The first time zone, if this server knows it, else the other one.';
