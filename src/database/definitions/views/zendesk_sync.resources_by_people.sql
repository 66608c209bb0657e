create view zendesk_sync.resources_by_people as
select
  r.account,
  r.timestamp,
  r.access_log_id,
  r.position,
  r.kind,
  r.resource_type,
  r.resource_id,
  r.user_id,
  r.status,
  r.search_query,
  -- "offset 0" keeps this look-up from being made into a join over everything.
  exists (
    select from zendesk.access_logs l
    where l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id and zendesk.is_own_request(l.client, l.url)
    offset 0
  ) as is_own_request
from zendesk.access_log_resources r
-- A list that is hashed once: a join would look into it for each request.
where ((r.account, r.user_id) in (select s.account, s.user_id from zendesk.service_accounts s)) is not true;

comment on view zendesk_sync.resources_by_people is 'What requests of the access log were about, without those of service accounts: what the rules look at.';
comment on column zendesk_sync.resources_by_people.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.resources_by_people.timestamp is 'When the request happened, UTC.';
comment on column zendesk_sync.resources_by_people.access_log_id is 'The request: access_logs.id.';
comment on column zendesk_sync.resources_by_people.position is 'Number of the resource within its request, from 0.';
comment on column zendesk_sync.resources_by_people.kind is 'view, list, search, export, write, secret, log or unclassified.';
comment on column zendesk_sync.resources_by_people.resource_type is 'Type of the resource, singular.';
comment on column zendesk_sync.resources_by_people.resource_id is 'Id of the resource as text.';
comment on column zendesk_sync.resources_by_people.user_id is 'Who made the request.';
comment on column zendesk_sync.resources_by_people.status is 'HTTP status.';
comment on column zendesk_sync.resources_by_people.search_query is 'What was searched for. Personal data: never show it in a finding.';
comment on column zendesk_sync.resources_by_people.is_own_request is 'Whether this program made the request.';
