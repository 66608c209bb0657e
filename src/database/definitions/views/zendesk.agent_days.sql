-- Names come from where people are; a rollup with names would have to follow each change and each erasure of them.
create view zendesk.agent_days as
select
  d.account,
  d.day,
  d.user_id,
  person.name as user_name,
  person.email as user_email,
  d.requests,
  d.denied,
  d.views,
  d.lists,
  d.searches,
  d.exports,
  d.writes,
  d.secrets,
  d.logs,
  d.unclassified,
  d.tickets,
  d.users,
  d.resources,
  d.addresses,
  d.bytes_sent,
  d.first_at,
  d.last_at
from zendesk.agent_day d
left join zendesk_sync.names_over_time person
  on person.account = d.account and person.id = d.user_id and person.from_at <= d.last_at and person.until_at > d.last_at;

comment on view zendesk.agent_days is 'What each team member did each day, with names: agent_day for reading.';
comment on column zendesk.agent_days.account is 'Key of the Zendesk account.';
comment on column zendesk.agent_days.day is 'The day, UTC.';
comment on column zendesk.agent_days.user_id is 'The team member; 0 where Zendesk named none.';
comment on column zendesk.agent_days.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.agent_days.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.agent_days.requests is 'Requests of all kinds, noise included.';
comment on column zendesk.agent_days.denied is 'Requests answered with 401, 403 or 404.';
comment on column zendesk.agent_days.views is 'Requests that showed a resource.';
comment on column zendesk.agent_days.lists is 'Requests that listed resources without naming them.';
comment on column zendesk.agent_days.searches is 'Searches.';
comment on column zendesk.agent_days.exports is 'Exports and incremental reads.';
comment on column zendesk.agent_days.writes is 'Requests that changed something.';
comment on column zendesk.agent_days.secrets is 'Requests that read or changed a credential.';
comment on column zendesk.agent_days.logs is 'Requests that read the audit log or the access log.';
comment on column zendesk.agent_days.unclassified is 'Requests that no rule knows.';
comment on column zendesk.agent_days.tickets is 'Different tickets named in requests that were not denied.';
comment on column zendesk.agent_days.users is 'Different users named in requests that were not denied.';
comment on column zendesk.agent_days.resources is 'Different resources of any type named in requests that were not denied.';
comment on column zendesk.agent_days.addresses is 'Different IP addresses the requests came from.';
comment on column zendesk.agent_days.bytes_sent is 'Bytes sent in answers.';
comment on column zendesk.agent_days.first_at is 'First request of the day.';
comment on column zendesk.agent_days.last_at is 'Last request of the day.';
