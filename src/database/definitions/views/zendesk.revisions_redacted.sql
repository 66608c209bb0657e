create view zendesk.revisions_redacted as
select
  r.revision,
  r.account,
  r.stream,
  r.id,
  r.occurred_at,
  r.replaced_at
from zendesk.revisions r;

comment on view zendesk.revisions_redacted is 'revisions without the previous content: for zendesk_reader, which cannot read revisions itself.';
comment on column zendesk.revisions_redacted.revision is 'Number of the revision, in the order of replacement.';
comment on column zendesk.revisions_redacted.account is 'Key of the Zendesk account.';
comment on column zendesk.revisions_redacted.stream is 'The log the row belongs to: audit_logs or access_logs.';
comment on column zendesk.revisions_redacted.id is 'Id of the row in its log.';
comment on column zendesk.revisions_redacted.occurred_at is 'Time of the row in its log (created_at or timestamp).';
comment on column zendesk.revisions_redacted.replaced_at is 'When the previous content was replaced here.';
