select zendesk_sync.put_rule(
  rule => 'system_change',
  stream => 'audit_logs',
  severity => 'info',
  question => 'What did the system change by itself?',
  title => 'Changed by the system',
  parameters => '{
    "actors": ["-1", "Zendesk"]
  }',
  patterns => array[
    zendesk_sync.pattern()
  ]
);
