-- Requests and what they were about are put together by their key, not joined: only so does a span of time, an account or a
-- person that is asked for bound both tables. What is not asked for is not worked out.
create view zendesk.access_events as
select
  p.account,
  p.id,
  p.timestamp,
  p.user_id,
  (select w.name from zendesk_sync.person_at(p.account, p.user_id, p.timestamp) as w) as user_name,
  (select w.email from zendesk_sync.person_at(p.account, p.user_id, p.timestamp) as w) as user_email,
  (select w.role from zendesk_sync.person_at(p.account, p.user_id, p.timestamp) as w) as user_role,
  -- Each is null in all parts of a request but one: max only finds that one.
  coalesce(max(p.kind), 'noise') as kind,
  max(p.resource_type) filter (where p.position = 0) as resource_type,
  max(p.resource_id) filter (where p.position = 0) as resource_id,
  count(p.resource_id)::integer as resource_count,
  coalesce(
    jsonb_agg(jsonb_build_object('type', p.resource_type, 'id', p.resource_id) order by p.position) filter (where p.resource_id is not null),
    '[]'
  ) as resources,
  -- Asked once for a statement, with the rights of whoever reads the view.
  case
    when (select has_column_privilege('zendesk.access_log_resources', 'search_query', 'select')) then max(p.search_query)
  end as search_query,
  max(p.method) as method,
  max(zendesk.path_of(p.url)) as path,
  max(p.status) as status,
  zendesk.is_denied(max(p.status)) as is_denied,
  bool_or(p.is_own_request)
    or exists (select from zendesk.service_accounts s where s.account = p.account and s.user_id = p.user_id) as is_service_account,
  max(p.ip_address) as ip_address,
  max(p.client) as client,
  max(p.authorization_type) as authorization_type,
  max(zendesk.path_of(p.referer)) as screen,
  max(p.graphql_operation_name) as graphql_operation_name,
  max(p.graphql_operation_type) as graphql_operation_type,
  max(p.category) as category,
  max(p.summary) as summary,
  max(p.origin_service) as origin_service,
  max(p.bytes_sent) as bytes_sent,
  max(p.first_synced_at) as first_synced_at,
  max(p.synced_at) as synced_at
from (
  select
    l.account, l.id, l.timestamp, l.user_id, l.method, l.url, l.status, l.ip_address, l.client, l.authorization_type, l.referer,
    l.graphql_operation_name, l.graphql_operation_type, l.category, l.summary, l.origin_service, l.bytes_sent,
    l.first_synced_at, l.synced_at, zendesk.is_own_request(l.client, l.url) as is_own_request,
    null::smallint as position, null::text as kind, null::text collate "C" as resource_type, null::text collate "C" as resource_id,
    null::text as search_query
  from zendesk.access_logs l
  union all
  select
    r.account, r.access_log_id, r.timestamp, r.user_id, null, null, null, null, null, null, null,
    null, null, null, null, null, null,
    null, null, null,
    r.position, r.kind, r.resource_type, r.resource_id, r.search_query
  from zendesk.access_log_resources r
) as p
group by p.account, p.id, p.timestamp, p.user_id
having bool_or(p.is_own_request) is not null;

comment on view zendesk.access_events is 'The access log for reading: one row a request, with who made it and what it was about. Search text is only in search_query. Limit queries to a range of timestamp.';
comment on column zendesk.access_events.account is 'Key of the Zendesk account.';
comment on column zendesk.access_events.id is 'Id of the request: access_log_id of the other views.';
comment on column zendesk.access_events.timestamp is 'When the request happened, UTC.';
comment on column zendesk.access_events.user_id is 'The team member who made the request.';
comment on column zendesk.access_events.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_events.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_events.user_role is 'Role of that person then: admin, agent or end-user; null for times before the person was first seen here.';
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
