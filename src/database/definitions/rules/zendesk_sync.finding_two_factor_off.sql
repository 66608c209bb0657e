select zendesk_sync.put_rule(
  rule => 'two_factor_off',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Were security controls weakened?',
  title => 'Two-factor authentication no longer required',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      label => '(^|: )(two-factor authentication for all admins and agents|require two[- ]factor( authentication)?)$',
      description => '^(disabled|turned off)$'
    )
  ]
);
