select zendesk_sync.put_rule(
  rule => 'password_policy_changed',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Were security controls weakened?',
  title => 'Password policy changed',
  patterns => array[
    zendesk_sync.pattern(source_types => '{account_setting}', label => 'password (policy|level|security|requirements)')
  ]
);
