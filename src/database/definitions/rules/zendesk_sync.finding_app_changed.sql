select zendesk_sync.put_rule(
  rule => 'app_changed',
  stream => 'audit_logs',
  severity => 'low',
  question => 'Which apps were installed, removed or changed?',
  title => 'App changed',
  patterns => array[
    zendesk_sync.pattern(source_types => '{zendesk/app_market/app}')
  ]
);
