create view zendesk.access_events_redacted as
select
  r.account,
  r.id,
  r.timestamp,
  r.user_id,
  r.user_name,
  r.user_email,
  r.user_role,
  r.kind,
  r.resource_type,
  r.resource_id,
  r.resource_count,
  r.resources,
  r.method,
  r.path,
  r.status,
  r.is_denied,
  r.is_service_account,
  r.ip_address,
  r.client,
  r.authorization_type,
  r.screen,
  r.graphql_operation_name,
  r.graphql_operation_type,
  r.category,
  r.summary,
  r.origin_service,
  r.bytes_sent,
  r.first_synced_at,
  r.synced_at
from zendesk.access_events r;

comment on view zendesk.access_events_redacted is 'access_events without search_query: every column may be read by zendesk_reader, so that select * works in BI tools.';
comment on column zendesk.access_events_redacted.account is 'Key of the Zendesk account.';
comment on column zendesk.access_events_redacted.id is 'Id of the request: access_log_id of the other views.';
comment on column zendesk.access_events_redacted.timestamp is 'When the request happened, UTC.';
comment on column zendesk.access_events_redacted.user_id is 'The team member who made the request.';
comment on column zendesk.access_events_redacted.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_events_redacted.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_events_redacted.user_role is 'Role of that person then: admin, agent or end-user; null for times before the person was first seen here.';
comment on column zendesk.access_events_redacted.kind is 'view, list, search, export, write, secret, log, unclassified, or noise: what the user interface asks for by itself.';
comment on column zendesk.access_events_redacted.resource_type is 'Type of the resource the request is mainly about, singular.';
comment on column zendesk.access_events_redacted.resource_id is 'Id of that resource as text; null when the request names none.';
comment on column zendesk.access_events_redacted.resource_count is 'How many resources the request names.';
comment on column zendesk.access_events_redacted.resources is 'All resources the request names, as [{"type": "ticket", "id": "199"}], the main one first.';
comment on column zendesk.access_events_redacted.method is 'HTTP method. Do not tell reads from writes by it: see kind.';
comment on column zendesk.access_events_redacted.path is 'The url without its query, which may hold search text. May hold placeholders such as {...}.';
comment on column zendesk.access_events_redacted.status is 'HTTP status of the request.';
comment on column zendesk.access_events_redacted.is_denied is 'True when it was answered with 401, 403 or 404: nothing was shown.';
comment on column zendesk.access_events_redacted.is_service_account is 'True for requests of users in service_accounts and for those of this program.';
comment on column zendesk.access_events_redacted.ip_address is 'Address the request came from.';
comment on column zendesk.access_events_redacted.client is 'User agent of the browser or program.';
comment on column zendesk.access_events_redacted.authorization_type is 'How the request was authorised: session, basic, bearer, digest. Often missing for GraphQL.';
comment on column zendesk.access_events_redacted.screen is 'The screen the request came from, such as /agent/tickets/123, without its query.';
comment on column zendesk.access_events_redacted.graphql_operation_name is 'Name of the GraphQL operation, for requests to /graphql.';
comment on column zendesk.access_events_redacted.graphql_operation_type is 'QUERY (a read) or MUTATION (a write), for requests to /graphql.';
comment on column zendesk.access_events_redacted.category is 'Area of the request in the language of the reading user. For display only.';
comment on column zendesk.access_events_redacted.summary is 'What the request did in the language of the reading user. For display only.';
comment on column zendesk.access_events_redacted.origin_service is 'The part of Zendesk that wrote the record.';
comment on column zendesk.access_events_redacted.bytes_sent is 'Size of the answer in bytes.';
comment on column zendesk.access_events_redacted.first_synced_at is 'When this request was first stored here.';
comment on column zendesk.access_events_redacted.synced_at is 'When this request was last written here.';
