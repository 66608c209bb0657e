create view zendesk.access_findings as
select
  f.account,
  f.rule,
  f.severity,
  f.created_at,
  f.actor_id,
  f.actor_name,
  -- As in earlier versions: others have views over this one.
  f.summary collate "C" as summary,
  f.record_id as access_log_id
from zendesk.findings f
where f.stream = 'access_logs' and f.withdrawn_at is null;

comment on view zendesk.access_findings is 'What the rules found in the access log: one row for each enabled rule and request, or visit, or day. Never holds the text of a search. From zendesk.findings, without those that were withdrawn.';
comment on column zendesk.access_findings.account is 'Key of the Zendesk account.';
comment on column zendesk.access_findings.rule is 'The rule: finding_rules.rule.';
comment on column zendesk.access_findings.severity is 'high, medium, low or info.';
comment on column zendesk.access_findings.created_at is 'When it happened, UTC; for findings about a whole day the last request of that day.';
comment on column zendesk.access_findings.actor_id is 'Who did it.';
comment on column zendesk.access_findings.actor_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_findings.summary is 'What was found, in a few words.';
comment on column zendesk.access_findings.access_log_id is 'The request: access_logs.id, with created_at as its timestamp.';
