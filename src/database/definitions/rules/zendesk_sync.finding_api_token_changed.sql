select zendesk_sync.put_rule(
  rule => 'api_token_changed',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Was an API token created or deleted?',
  title => 'API token created or deleted',
  patterns => array[
    zendesk_sync.pattern(source_types => '{api_token,apitoken}', actions => '{create}'),
    zendesk_sync.pattern(source_types => '{api_token,apitoken}', actions => '{destroy}', severity => 'info'),
    zendesk_sync.pattern(actions => '{create}', label => '^(zendesk api: active api tokens|api token)'),
    zendesk_sync.pattern(actions => '{destroy}', label => '^(zendesk api: active api tokens|api token)', severity => 'info')
  ]
);
