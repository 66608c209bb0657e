select zendesk_sync.put_rule(
  rule => 'data_export',
  stream => 'access_logs',
  severity => 'medium',
  question => 'Who exports?',
  title => 'Data exported',
  parameters => '{
    "kind": "export",
    "minutes": 30
  }'
);
