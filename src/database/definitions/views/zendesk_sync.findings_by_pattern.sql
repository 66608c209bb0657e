-- One look at a record serves all of these rules.
create view zendesk_sync.findings_by_pattern as
select
  m.account,
  m.rule,
  m.severity,
  m.created_at,
  m.actor_id,
  m.actor_name,
  concat_ws(': ', m.title, m.change) as summary,
  m.audit_log_id
from zendesk.audit_matches m
where m.enabled
  -- These ask for more than a pattern: they have queries of their own.
  and m.rule not in (
    'session_lengthened', 'bulk_destroy', 'first_seen_network', 'listed_address', 'two_places', 'off_hours_change', 'dormant_admin',
    'change_after_grant'
  );

select zendesk_sync.describe_findings(
  'zendesk_sync.findings_by_pattern', 'What the rules find in the audit log for which a pattern is enough. Ask audit_findings.'
);
