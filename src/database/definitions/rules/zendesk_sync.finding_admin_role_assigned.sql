select zendesk_sync.put_rule(
  rule => 'admin_role_assigned',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Who was made an admin, in which product?',
  title => 'Admin role assigned',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{user}',
      actions => '{update}',
      description => '(^|\n)([^\n]* )?role changed from [^\n]+ to [^\n]*(admin|account owner)'
    )
  ]
);
