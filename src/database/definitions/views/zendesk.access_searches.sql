create view zendesk.access_searches as
select
  r.account,
  r.timestamp,
  r.access_log_id,
  r.user_id,
  person.name as user_name,
  person.email as user_email,
  -- Evaluated once for each statement, with the rights of the reader.
  case
    when (select has_column_privilege('zendesk.access_log_resources', 'search_query', 'select')) then r.search_query
  end as search_query,
  r.resource_type,
  r.kind,
  r.status,
  zendesk.is_denied(r.status) as is_denied,
  exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id) as is_service_account
from zendesk.access_log_resources r
left join zendesk_sync.names_over_time person
  on person.account = r.account and person.id = r.user_id and person.from_at <= r.timestamp and person.until_at > r.timestamp
where r.position = 0 and (r.kind = 'search' or r.search_query is not null);

comment on view zendesk.access_searches is 'Who searched, and what for. Ask for a span of timestamp.';
comment on column zendesk.access_searches.account is 'Key of the Zendesk account.';
comment on column zendesk.access_searches.timestamp is 'When the search was made, UTC.';
comment on column zendesk.access_searches.access_log_id is 'The request: access_logs.id.';
comment on column zendesk.access_searches.user_id is 'Who searched.';
comment on column zendesk.access_searches.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_searches.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_searches.search_query is 'What was searched for. Personal data: null for roles that cannot read access_log_resources, such as zendesk_reader, and where Zendesk has blanked it.';
comment on column zendesk.access_searches.resource_type is 'What was searched among: ticket, user, article and so on; null for everything.';
comment on column zendesk.access_searches.kind is 'search; export where all that was found was exported; another kind where a list was narrowed by a text.';
comment on column zendesk.access_searches.status is 'HTTP status of the request.';
comment on column zendesk.access_searches.is_denied is 'True when it was answered with 401, 403 or 404: nothing was shown.';
comment on column zendesk.access_searches.is_service_account is 'True for users in service_accounts.';
