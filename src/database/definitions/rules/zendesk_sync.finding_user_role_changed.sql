select zendesk_sync.put_rule(
  rule => 'user_role_changed',
  stream => 'audit_logs',
  severity => 'info',
  question => 'Whose role was changed?',
  title => 'Role changed',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{user}',
      actions => '{update}',
      description => 'role changed',
      description_not => '(^|\n)([^\n]* )?role changed from [^\n]+ to [^\n]*(admin|account owner)'
    )
  ]
);
