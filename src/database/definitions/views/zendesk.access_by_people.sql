create view zendesk.access_by_people as
select
  l.account,
  l.timestamp,
  l.id,
  l.user_id,
  l.ip_address,
  l.client,
  l.status,
  l.method,
  l.authorization_type,
  concat_ws(' ', zendesk.path_of(l.url), l.graphql_operation_name) as request,
  host(l.ip_address) as address
from zendesk.access_logs l
where l.user_id > 0
  and not zendesk.is_own_request(l.client, l.url)
  -- A list that is hashed once: a join would look into it for each request.
  and (l.account, l.user_id) not in (select s.account, s.user_id from zendesk.service_accounts s);

comment on view zendesk.access_by_people is 'Requests of the access log without those of programs: what the findings about people look at.';
comment on column zendesk.access_by_people.account is 'Key of the Zendesk account.';
comment on column zendesk.access_by_people.timestamp is 'When the request happened, UTC.';
comment on column zendesk.access_by_people.id is 'Id of the request.';
comment on column zendesk.access_by_people.user_id is 'Who made it.';
comment on column zendesk.access_by_people.ip_address is 'Address it came from.';
comment on column zendesk.access_by_people.client is 'User agent of the browser or program.';
comment on column zendesk.access_by_people.status is 'HTTP status.';
comment on column zendesk.access_by_people.method is 'HTTP method.';
comment on column zendesk.access_by_people.authorization_type is 'How it was authorised.';
comment on column zendesk.access_by_people.request is 'The url without its query, and the name of the GraphQL operation if there is one.';
comment on column zendesk.access_by_people.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
