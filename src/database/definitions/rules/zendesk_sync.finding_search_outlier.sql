select zendesk_sync.put_rule(
  rule => 'search_outlier',
  stream => 'access_logs',
  severity => 'medium',
  question => 'Who searches far more than usual?',
  title => 'Unusually many searches',
  parameters => '{
    "measure": "searches",
    "minimum": 50,
    "z": 6,
    "floor": 1,
    "days": 28,
    "least_days": 14
  }'
);
