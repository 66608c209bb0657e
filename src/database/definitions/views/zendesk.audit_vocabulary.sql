create view zendesk.audit_vocabulary as
select
  e.account,
  e.source_type,
  e.action,
  e.source_label_type,
  min(e.created_at) as first_seen,
  max(e.created_at) as last_seen,
  count(*) as changes
from zendesk.audit_events e
group by e.account, e.source_type, e.action, e.source_label_type;

comment on view zendesk.audit_vocabulary is 'The kinds of records Zendesk sends, and since when: what is new this month has first_seen in it.';
comment on column zendesk.audit_vocabulary.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_vocabulary.source_type is 'Type of the thing that was changed.';
comment on column zendesk.audit_vocabulary.action is 'Kind of change.';
comment on column zendesk.audit_vocabulary.source_label_type is 'What is before the first ": " of the label.';
comment on column zendesk.audit_vocabulary.first_seen is 'First record of this kind.';
comment on column zendesk.audit_vocabulary.last_seen is 'Last record of this kind.';
comment on column zendesk.audit_vocabulary.changes is 'Records of this kind.';
