create or replace function zendesk.clean_text(raw text) returns text
  language sql immutable strict parallel safe
  -- An ampersand that was escaped twice must be restored before the escape that it begins is decoded.
  return btrim(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
      raw, '\r\n', E'\n'), '\n', E'\n'), E'\r', ''), '&amp;', '&'), '&amp;', '&'),
      '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&nbsp;', ' '),
    E' \t\n'
  );

comment on function zendesk.clean_text(text) is 'Text of the audit log as people read it: literal \n made line breaks, HTML escapes undone even when escaped twice, trimmed.';
