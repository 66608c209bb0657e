create or replace function zendesk.client_family(client text) returns text
  language sql immutable parallel safe
  return translate(client, '0123456789.', '');

comment on function zendesk.client_family(text) is 'The user agent without its version numbers, so that an update is not another client.';
