select zendesk_sync.put_rule(
  rule => 'security_setting_changed',
  stream => 'audit_logs',
  severity => 'info',
  question => 'Which security settings were changed?',
  title => 'Security setting changed',
  patterns => array[
    zendesk_sync.pattern(source_types => '{account_setting}', label => '^(security|zendesk api): ')
  ]
);
