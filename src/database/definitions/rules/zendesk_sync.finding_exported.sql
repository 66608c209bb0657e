select zendesk_sync.put_rule(
  rule => 'exported',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'What was exported?',
  title => 'Data exported',
  patterns => array[
    zendesk_sync.pattern(actions => '{exported}')
  ]
);
