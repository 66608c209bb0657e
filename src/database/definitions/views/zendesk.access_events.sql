-- Every column that is asked for is a plain one of a table, so that conditions on time, person, address, resource and name
-- each find an index. Columns that a query does not use are not computed.
create view zendesk.access_events as
select
  l.account,
  l.id,
  l.timestamp,
  l.user_id,
  person.name as user_name,
  person.email as user_email,
  (select w.role from zendesk_sync.role_at(l.account, l.user_id, l.timestamp) as w) as user_role,
  coalesce(r.kind, 'noise') as kind,
  r.resource_type,
  r.resource_id,
  (
    select count(b.resource_id)::integer from zendesk.access_log_resources b
    where b.account = l.account and b.timestamp = l.timestamp and b.access_log_id = l.id
  ) as resource_count,
  (
    select coalesce(
      jsonb_agg(jsonb_build_object('type', b.resource_type, 'id', b.resource_id) order by b.position) filter (where b.resource_id is not null),
      '[]'
    )
    from zendesk.access_log_resources b
    where b.account = l.account and b.timestamp = l.timestamp and b.access_log_id = l.id
  ) as resources,
  -- Evaluated once for each statement, with the rights of the reader.
  case
    when (select has_column_privilege('zendesk.access_log_resources', 'search_query', 'select')) then r.search_query
  end as search_query,
  l.method,
  zendesk.path_of(l.url) as path,
  l.status,
  zendesk.is_denied(l.status) as is_denied,
  zendesk.is_own_request(l.client, l.url)
    or exists (select from zendesk.service_accounts s where s.account = l.account and s.user_id = l.user_id) as is_service_account,
  l.ip_address,
  l.client,
  l.authorization_type,
  zendesk.path_of(l.referer) as screen,
  l.graphql_operation_name,
  l.graphql_operation_type,
  l.category,
  l.summary,
  l.origin_service,
  l.bytes_sent,
  l.first_synced_at,
  l.synced_at,
  (select w.role_source from zendesk_sync.role_at(l.account, l.user_id, l.timestamp) as w) as role_source,
  host(l.ip_address) as address
from zendesk.access_logs l
left join zendesk.access_log_resources r
  on r.account = l.account and r.timestamp = l.timestamp and r.access_log_id = l.id and r.position = 0
left join zendesk_sync.names_over_time person
  on person.account = l.account and person.id = l.user_id and person.from_at <= l.timestamp and person.until_at > l.timestamp;

comment on view zendesk.access_events is 'The access log for reading: one row a request, with who made it and what it was about. Search text is only in search_query. Limit queries to a range of timestamp.';
comment on column zendesk.access_events.account is 'Key of the Zendesk account.';
comment on column zendesk.access_events.id is 'Id of the request: access_log_id of the other views.';
comment on column zendesk.access_events.timestamp is 'When the request happened, UTC.';
comment on column zendesk.access_events.user_id is 'The team member who made the request.';
comment on column zendesk.access_events.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_events.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_events.user_role is 'Role of that person then: admin, agent or end-user; role_source says how it is known.';
comment on column zendesk.access_events.kind is 'view, list, search, export, write, secret, log, unclassified, or noise: requests that the user interface makes automatically.';
comment on column zendesk.access_events.resource_type is 'Type of the resource the request is mainly about, singular.';
comment on column zendesk.access_events.resource_id is 'Id of that resource as text; null when the request names none.';
comment on column zendesk.access_events.resource_count is 'How many resources the request names.';
comment on column zendesk.access_events.resources is 'All resources the request names, as [{"type": "ticket", "id": "199"}], the main one first.';
comment on column zendesk.access_events.search_query is 'What was searched for. Personal data: null for roles that cannot read access_log_resources, such as zendesk_reader.';
comment on column zendesk.access_events.method is 'HTTP method. Do not tell reads from writes by it: see kind.';
comment on column zendesk.access_events.path is 'The url without its query, which may hold search text. May hold placeholders such as {...}.';
comment on column zendesk.access_events.status is 'HTTP status of the request.';
comment on column zendesk.access_events.is_denied is 'True when it was answered with 401, 403 or 404: nothing was shown.';
comment on column zendesk.access_events.is_service_account is 'True for requests of users in service_accounts and for those of this program.';
comment on column zendesk.access_events.ip_address is 'Address the request came from.';
comment on column zendesk.access_events.client is 'User agent of the browser or program.';
comment on column zendesk.access_events.authorization_type is 'How the request was authorised: session, basic, bearer, digest. Often missing for GraphQL.';
comment on column zendesk.access_events.screen is 'The screen the request came from, such as /agent/tickets/123, without its query.';
comment on column zendesk.access_events.graphql_operation_name is 'Name of the GraphQL operation, for requests to /graphql.';
comment on column zendesk.access_events.graphql_operation_type is 'QUERY (a read) or MUTATION (a write), for requests to /graphql.';
comment on column zendesk.access_events.category is 'Area of the request in the language of the reading user. For display only.';
comment on column zendesk.access_events.summary is 'What the request did in the language of the reading user. For display only.';
comment on column zendesk.access_events.origin_service is 'The part of Zendesk that wrote the record.';
comment on column zendesk.access_events.bytes_sent is 'Size of the answer in bytes.';
comment on column zendesk.access_events.first_synced_at is 'When this request was first stored here.';
comment on column zendesk.access_events.synced_at is 'When this request was last written here.';
comment on column zendesk.access_events.role_source is 'How the role is known: observed (people were read then), derived (from role changes in the audit log, backwards from the present), present (as first seen here, no change is known); null without a role.';
comment on column zendesk.access_events.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
