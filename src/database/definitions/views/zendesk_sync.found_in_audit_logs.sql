-- The rules that need more than a record look back along the index on actor and time, so that a span of time bounds them too.
create view zendesk_sync.found_in_audit_logs as
select * from zendesk_sync.findings_by_pattern
union all select * from zendesk_sync.finding_bulk_destroy
union all select * from zendesk_sync.finding_change_after_grant
union all select * from zendesk_sync.finding_dormant_admin
union all select * from zendesk_sync.finding_first_seen_network
union all select * from zendesk_sync.finding_listed_address
union all select * from zendesk_sync.finding_off_hours_change
union all select * from zendesk_sync.finding_session_lengthened
union all select * from zendesk_sync.finding_two_places;

select zendesk_sync.describe_findings(
  'zendesk_sync.found_in_audit_logs', 'What the rules find in the audit log now, worked out from its rows. The program stores it in zendesk.findings.'
);
