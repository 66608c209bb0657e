select zendesk_sync.put_rule(
  rule => 'resource_outlier',
  stream => 'access_logs',
  severity => 'high',
  question => 'Who looks at far more than usual? Another rule with "measure", the name of a column of agent_day, looks at that.',
  title => 'Unusually many resources',
  parameters => '{
    "measure": "resources",
    "minimum": 50,
    "z": 6,
    "floor": 1,
    "days": 28,
    "least_days": 14
  }'
);
