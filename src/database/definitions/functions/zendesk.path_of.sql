create or replace function zendesk.path_of(url text) returns text
  language sql immutable parallel safe
  -- A logged url is no URL: Zendesk may have blanked the "?" itself.
  return split_part(translate(url, '&#', '??'), '?', 1);

comment on function zendesk.path_of(text) is 'A logged url without its query, which may hold search text.';
