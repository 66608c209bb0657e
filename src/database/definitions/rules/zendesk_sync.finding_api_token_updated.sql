select zendesk_sync.put_rule(
  rule => 'api_token_updated',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Was an API token renamed or activated again?',
  title => 'API token updated',
  patterns => array[
    zendesk_sync.pattern(source_types => '{api_token,apitoken}', actions => '{update}'),
    zendesk_sync.pattern(actions => '{update}', label => '^(zendesk api: active api tokens|api token)')
  ]
);
