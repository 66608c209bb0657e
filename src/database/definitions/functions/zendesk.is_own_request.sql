create or replace function zendesk.is_own_request(client text, url text) returns boolean
  language sql immutable parallel safe
  -- Anybody can send this user agent: it counts only for what this program asks of Zendesk.
  return coalesce(
    client like 'zendesk-log-sync/%'
      and url ~ '^/(api/(v2|services)/(access_logs|audit_logs|users|users/show_many)|oauth/tokens)(\.json)?(/?($|\?)|[{[])',
    false
  );

comment on function zendesk.is_own_request(text, text) is 'Whether a request with this client and url was made by zendesk-log-sync to read the logs and the people.';
