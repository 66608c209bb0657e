create or replace function zendesk_sync.key_text(whole text) returns text
  language sql immutable strict parallel safe
  -- An index takes no more than some 2,700 bytes a row. The program shortens in the same way (src/streams/key-text.ts).
  return case
    when octet_length(whole) <= 1000 then whole
    else left(whole, 200) || '… ' || encode(sha256(convert_to(whole, 'UTF8')), 'hex')
  end;

comment on function zendesk_sync.key_text(text) is 'A text as an index can hold it: itself, or its beginning with a hash of the whole.';
