create view zendesk.access_logs_redacted as
select
  r.account,
  r.id,
  r.timestamp,
  r.user_id,
  r.ip_address,
  r.method,
  r.status,
  r.origin_service,
  r.authorization_type,
  r.client,
  r.category,
  r.summary,
  r.bytes_sent,
  r.graphql_operation_name,
  r.graphql_operation_type,
  r.first_synced_at,
  r.synced_at,
  host(r.ip_address) as address
from zendesk.access_logs r;

comment on view zendesk.access_logs_redacted is 'The access log without what people typed and what may hold it (url, referer, GraphQL, extra): for zendesk_reader, who may not read access_logs itself.';
comment on column zendesk.access_logs_redacted.account is 'Key of the Zendesk account, by default its subdomain.';
comment on column zendesk.access_logs_redacted.id is 'Id of the record, given by Zendesk: a ULID, which sorts by time within a second too.';
comment on column zendesk.access_logs_redacted.timestamp is 'When the request happened, UTC, whole seconds. Several records may share a second.';
comment on column zendesk.access_logs_redacted.user_id is 'Id of the team member who made the request. Join zendesk.users; the person may have left.';
comment on column zendesk.access_logs_redacted.ip_address is 'Address the request came from.';
comment on column zendesk.access_logs_redacted.method is 'HTTP method. GraphQL reads are POST too: do not tell reads from writes by it.';
comment on column zendesk.access_logs_redacted.status is 'HTTP status of the request. 200 and 304 were shown, 401, 403 and 404 were not.';
comment on column zendesk.access_logs_redacted.origin_service is 'The part of Zendesk that wrote the record.';
comment on column zendesk.access_logs_redacted.authorization_type is 'How the request was authorised: session, basic, bearer, digest. Often missing for GraphQL.';
comment on column zendesk.access_logs_redacted.client is 'User agent of the browser or program.';
comment on column zendesk.access_logs_redacted.category is 'Area of the request in the language of the reading user. For display only: do not compare it.';
comment on column zendesk.access_logs_redacted.summary is 'What the request did in the language of the reading user. For display only: do not compare it.';
comment on column zendesk.access_logs_redacted.bytes_sent is 'Size of the answer in bytes.';
comment on column zendesk.access_logs_redacted.graphql_operation_name is 'Name of the GraphQL operation, for requests to /graphql.';
comment on column zendesk.access_logs_redacted.graphql_operation_type is 'QUERY (a read) or MUTATION (a write), for requests to /graphql.';
comment on column zendesk.access_logs_redacted.first_synced_at is 'When this row was first stored here.';
comment on column zendesk.access_logs_redacted.synced_at is 'When this row was last written here: first_synced_at unless Zendesk later returned it differently.';
comment on column zendesk.access_logs_redacted.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
