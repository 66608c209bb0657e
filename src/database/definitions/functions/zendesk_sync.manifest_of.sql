create or replace function zendesk_sync.manifest_of(manifest bytea) returns jsonb
language plpgsql stable parallel safe
as $$
begin
  return convert_from(manifest, 'UTF8')::jsonb;
exception
  -- No text, no JSON, or nested too deeply: somebody has put it there.
  when data_exception or statement_too_complex then
    return null;
end
$$;

comment on function zendesk_sync.manifest_of(bytea) is 'A manifest of the sealed log as JSON; null for bytes that are none.';
