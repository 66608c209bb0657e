create view zendesk.access_searches_redacted as
select
  r.account,
  r.timestamp,
  r.access_log_id,
  r.user_id,
  r.user_name,
  r.user_email,
  r.resource_type,
  r.kind,
  r.status,
  r.is_denied,
  r.is_service_account
from zendesk.access_searches r;

comment on view zendesk.access_searches_redacted is 'access_searches without search_query: every column may be read by zendesk_reader, so that select * works in BI tools.';
comment on column zendesk.access_searches_redacted.account is 'Key of the Zendesk account.';
comment on column zendesk.access_searches_redacted.timestamp is 'When the search was made, UTC.';
comment on column zendesk.access_searches_redacted.access_log_id is 'The request: access_logs.id.';
comment on column zendesk.access_searches_redacted.user_id is 'Who searched.';
comment on column zendesk.access_searches_redacted.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_searches_redacted.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_searches_redacted.resource_type is 'What was searched among: ticket, user, article and so on; null for everything.';
comment on column zendesk.access_searches_redacted.kind is 'search; export where all that was found was exported; another kind where a list was narrowed by a text.';
comment on column zendesk.access_searches_redacted.status is 'HTTP status of the request.';
comment on column zendesk.access_searches_redacted.is_denied is 'True when it was answered with 401, 403 or 404: nothing was shown.';
comment on column zendesk.access_searches_redacted.is_service_account is 'True for users in service_accounts.';
