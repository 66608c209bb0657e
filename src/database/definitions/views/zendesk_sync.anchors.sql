create view zendesk_sync.anchors as
select
  s.account,
  s.kind,
  s.place,
  s.succeeded_at as last_success,
  floor(extract(epoch from now() - coalesce(s.succeeded_at, s.since)))::bigint as age_seconds,
  s.size,
  s.failures,
  s.error
from zendesk_evidence.anchor_states s
-- What no process tries any more was taken out of the settings.
where s.attempted_at > now() - interval '3 days';

comment on view zendesk_sync.anchors is 'The places outside of this database that checkpoints of the sealed logs are brought to: one row per account and place.';
comment on column zendesk_sync.anchors.account is 'Key of the Zendesk account.';
comment on column zendesk_sync.anchors.kind is 'program_log, file, witness, time_stamp, directory or bucket.';
comment on column zendesk_sync.anchors.place is 'Where it is: a path or an address.';
comment on column zendesk_sync.anchors.last_success is 'When a checkpoint was last brought there; null: never.';
comment on column zendesk_sync.anchors.age_seconds is 'How many seconds ago that was, or since when it is tried.';
comment on column zendesk_sync.anchors.size is 'How many entries the log had then.';
comment on column zendesk_sync.anchors.failures is 'How many times it has failed since.';
comment on column zendesk_sync.anchors.error is 'Why it failed, in a sentence; null while it does not.';
