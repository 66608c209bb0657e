create view zendesk.sign_ins as
select
  e.account,
  e.created_at,
  e.source_id as user_id,
  e.source_label_name as user_name,
  substring(e.description from '(?i)using (.+?)(?: from \S+)?$') as method,
  e.ip_address,
  substring(e.description from '(?i) from (\S+)$') as url,
  e.id as audit_log_id,
  e.address as address
from zendesk.audit_events e
where e.source_type = 'user' and e.action = 'login';

comment on view zendesk.sign_ins is 'Successful sign-ins of team members. Zendesk records no failed ones.';
comment on column zendesk.sign_ins.account is 'Key of the Zendesk account.';
comment on column zendesk.sign_ins.created_at is 'When the person signed in, UTC.';
comment on column zendesk.sign_ins.user_id is 'Who signed in.';
comment on column zendesk.sign_ins.user_name is 'Name of that person in the record.';
comment on column zendesk.sign_ins.method is 'How: Zendesk password, SAML, JWT, Google and so on.';
comment on column zendesk.sign_ins.ip_address is 'Address the person signed in from.';
comment on column zendesk.sign_ins.url is 'Address of the sign-in page; may hold a query.';
comment on column zendesk.sign_ins.audit_log_id is 'The record: audit_logs.id.';
comment on column zendesk.sign_ins.address is 'The address as text, without a mask: for display, and for tools that do not know the type of ip_address.';
