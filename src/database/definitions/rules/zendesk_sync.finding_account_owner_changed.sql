select zendesk_sync.put_rule(
  rule => 'account_owner_changed',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Was the owner of the account changed?',
  title => 'Account owner changed',
  patterns => array[
    zendesk_sync.pattern(source_types => '{account}', actions => '{update}', description => '^owner changed from ')
  ]
);
