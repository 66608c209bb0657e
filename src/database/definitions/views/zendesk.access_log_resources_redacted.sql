create view zendesk.access_log_resources_redacted as
select
  r.account,
  r.timestamp,
  r.access_log_id,
  r.position,
  r.kind,
  r.resource_type,
  r.resource_id,
  r.user_id,
  r.status
from zendesk.access_log_resources r;

comment on view zendesk.access_log_resources_redacted is 'access_log_resources without search_query: for zendesk_reader, who may not read access_log_resources itself.';
comment on column zendesk.access_log_resources_redacted.account is 'Key of the Zendesk account.';
comment on column zendesk.access_log_resources_redacted.timestamp is 'When the request happened, as in access_logs.';
comment on column zendesk.access_log_resources_redacted.access_log_id is 'The request: access_logs.id. Join by account, timestamp and id.';
comment on column zendesk.access_log_resources_redacted.position is 'Number of the resource within its request, from 0. The first is the one the request is mainly about.';
comment on column zendesk.access_log_resources_redacted.kind is 'view, list, search, export, write, secret (a credential was read or changed), log (a log was read) or unclassified (no rule knows the request).';
comment on column zendesk.access_log_resources_redacted.resource_type is 'Type of the resource, singular: ticket, user, organization, comment, custom_object_record and so on; null when unclassified.';
comment on column zendesk.access_log_resources_redacted.resource_id is 'Id of the resource as text; null when the request names none, such as a list or a search.';
comment on column zendesk.access_log_resources_redacted.user_id is 'Who made the request, as in access_logs.';
comment on column zendesk.access_log_resources_redacted.status is 'HTTP status, as in access_logs: 2xx and 304 were shown, 401, 403 and 404 were not.';
