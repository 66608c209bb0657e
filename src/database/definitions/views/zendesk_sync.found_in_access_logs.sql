-- A time that is asked for bounds the requests a rule starts from; whatever else it needs it looks up through an index, from
-- there on backwards. "offset 0" in the rules keeps such look-ups from being made into joins over everything.
create view zendesk_sync.found_in_access_logs as
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

select zendesk_sync.describe_findings(
  'zendesk_sync.found_in_access_logs', 'What the rules find in the access log now, worked out from its rows. The program stores it in zendesk.findings.'
);
