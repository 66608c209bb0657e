select zendesk_sync.put_rule(
  rule => 'bytes_outlier',
  stream => 'access_logs',
  severity => 'medium',
  question => 'Who is sent far more than usual?',
  title => 'Unusually many bytes',
  parameters => '{
    "measure": "bytes_sent",
    "minimum": 100000000,
    "z": 6,
    "floor": 1000000,
    "days": 28,
    "least_days": 14
  }'
);
