select zendesk_sync.put_rule(
  rule => 'log_access',
  stream => 'access_logs',
  severity => 'info',
  question => 'Who reads the logs?',
  title => 'Log read',
  parameters => '{
    "kind": "log",
    "minutes": 30
  }'
);
