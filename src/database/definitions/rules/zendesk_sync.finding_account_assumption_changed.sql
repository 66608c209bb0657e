select zendesk_sync.put_rule(
  rule => 'account_assumption_changed',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'May Zendesk staff act as our users?',
  title => 'Account assumption changed',
  patterns => array[
    zendesk_sync.pattern(source_types => '{account_setting}', label => '(^|: |enable )account assumption$'),
    zendesk_sync.pattern(source_types => '{account_setting}', label => '(^|: )assumption duration$')
  ]
);
