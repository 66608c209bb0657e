-- The rules that need more than a record look back along the index on actor and time, so that a span of time bounds them too.
create view zendesk.audit_findings as
select * from zendesk_sync.findings_by_pattern
union all select * from zendesk_sync.finding_bulk_destroy
union all select * from zendesk_sync.finding_change_after_grant
union all select * from zendesk_sync.finding_dormant_admin
union all select * from zendesk_sync.finding_first_seen_network
union all select * from zendesk_sync.finding_listed_address
union all select * from zendesk_sync.finding_off_hours_change
union all select * from zendesk_sync.finding_session_lengthened
union all select * from zendesk_sync.finding_two_places;

comment on view zendesk.audit_findings is 'What the rules found in the audit log: one row for each record and enabled rule. Ask for a span of created_at.';
comment on column zendesk.audit_findings.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_findings.rule is 'The rule: finding_rules.rule.';
comment on column zendesk.audit_findings.severity is 'high, medium, low or info.';
comment on column zendesk.audit_findings.created_at is 'When it happened, UTC.';
comment on column zendesk.audit_findings.actor_id is 'Who did it; -1 is the system.';
comment on column zendesk.audit_findings.actor_name is 'Name of who did it, as the record gives it.';
comment on column zendesk.audit_findings.summary is 'What was found, in a few words.';
comment on column zendesk.audit_findings.audit_log_id is 'The record: audit_logs.id.';
