select zendesk_sync.put_rule(
  rule => 'mobile_app_access_changed',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Was access by the mobile app changed?',
  title => 'Mobile app access changed',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      actions => '{create,update}',
      label => '(^|: )zendesk support mobile app access$',
      description_not => '^(disabled|turned off)$'
    ),
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      actions => '{create,update}',
      label => '(^|: )zendesk support mobile app access$',
      description => '^(disabled|turned off)$',
      severity => 'info'
    )
  ]
);
