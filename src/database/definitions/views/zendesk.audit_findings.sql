create view zendesk.audit_findings as
select
  f.account,
  f.rule,
  f.severity,
  f.created_at,
  f.actor_id,
  f.actor_name,
  f.summary,
  f.record_id::bigint as audit_log_id
from zendesk.findings f
where f.stream = 'audit_logs' and f.withdrawn_at is null;

comment on view zendesk.audit_findings is 'What the rules found in the audit log: one row for each record and enabled rule. From zendesk.findings, without those that were withdrawn.';
comment on column zendesk.audit_findings.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_findings.rule is 'The rule: finding_rules.rule.';
comment on column zendesk.audit_findings.severity is 'high, medium, low or info.';
comment on column zendesk.audit_findings.created_at is 'When it happened, UTC.';
comment on column zendesk.audit_findings.actor_id is 'Who did it; -1 is the system.';
comment on column zendesk.audit_findings.actor_name is 'Name of who did it, as the record gives it.';
comment on column zendesk.audit_findings.summary is 'What was found, in a few words.';
comment on column zendesk.audit_findings.audit_log_id is 'The record: audit_logs.id.';
