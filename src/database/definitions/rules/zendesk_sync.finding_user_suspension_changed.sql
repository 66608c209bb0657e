select zendesk_sync.put_rule(
  rule => 'user_suspension_changed',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Who was suspended, who may sign in again?',
  title => 'Suspension changed',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{user_setting}',
      actions => '{create,update}',
      description => 'suspended',
      description_not => '^suspended$'
    ),
    zendesk_sync.pattern(
      source_types => '{user_setting}',
      actions => '{create,update}',
      description => '^suspended$',
      severity => 'info'
    )
  ]
);
