create or replace function zendesk_sync.keep_changes(present jsonb, shipped jsonb, wanted jsonb) returns jsonb
  language sql immutable parallel safe
  return (
    select coalesce(jsonb_object_agg(k.key, v.value), '{}')
    from (select jsonb_object_keys(present) union select jsonb_object_keys(wanted)) as k (key)
    cross join lateral (
      select case when present -> k.key is distinct from shipped -> k.key then present -> k.key else wanted -> k.key end
    ) as v (value)
    where v.value is not null
  );

comment on function zendesk_sync.keep_changes(jsonb, jsonb, jsonb) is 'Brings an object from what was shipped to what is wanted, key by key, but leaves alone each key that somebody has changed, added or removed since.';
