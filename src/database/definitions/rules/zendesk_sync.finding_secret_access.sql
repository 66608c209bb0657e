select zendesk_sync.put_rule(
  rule => 'secret_access',
  stream => 'access_logs',
  severity => 'high',
  question => 'Who reads or changes credentials and recovery codes?',
  title => 'Credential read or changed',
  parameters => '{
    "kind": "secret",
    "minutes": 30
  }'
);
