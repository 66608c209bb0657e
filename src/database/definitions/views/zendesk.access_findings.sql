-- A time that is asked for bounds the requests a rule starts from; whatever else it needs it looks up through an index, from
-- there on backwards. "offset 0" in the rules keeps such look-ups from being made into joins over everything.
create view zendesk.access_findings as
select
  f.account,
  f.rule,
  f.severity,
  f.created_at,
  f.actor_id,
  (select p.name from zendesk_sync.person_at(f.account, f.actor_id, f.created_at) as p) as actor_name,
  f.summary,
  f.access_log_id
from (
  select * from zendesk_sync.findings_by_measure
  union all select * from zendesk_sync.findings_by_kind
  union all select * from zendesk_sync.finding_api_access
  union all select * from zendesk_sync.finding_bulk_read
  union all select * from zendesk_sync.finding_denied_burst
  union all select * from zendesk_sync.finding_enumeration
  union all select * from zendesk_sync.finding_leaver_access
  union all select * from zendesk_sync.finding_new_client
  union all select * from zendesk_sync.finding_new_network
  union all select * from zendesk_sync.finding_off_hours_access
  union all select * from zendesk_sync.finding_risky_search
  union all select * from zendesk_sync.finding_search_then_open
  union all select * from zendesk_sync.finding_two_networks
  union all select * from zendesk_sync.finding_watchlist_access
) as f;

comment on view zendesk.access_findings is 'What the rules found in the access log: one row for each enabled rule and request, or visit, or day. Never holds the text of a search. Ask for a span of created_at.';
comment on column zendesk.access_findings.account is 'Key of the Zendesk account.';
comment on column zendesk.access_findings.rule is 'The rule: finding_rules.rule.';
comment on column zendesk.access_findings.severity is 'high, medium, low or info.';
comment on column zendesk.access_findings.created_at is 'When it happened, UTC; for findings about a whole day the last request of that day.';
comment on column zendesk.access_findings.actor_id is 'Who did it.';
comment on column zendesk.access_findings.actor_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_findings.summary is 'What was found, in a few words.';
comment on column zendesk.access_findings.access_log_id is 'The request: access_logs.id, with created_at as its timestamp.';
