select zendesk_sync.put_rule(
  rule => 'ip_restriction_off',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Were security controls weakened?',
  title => 'IP restriction switched off',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      label => '(^|: )(enable )?ip restrictions$',
      description => '^(disabled|turned off)$'
    )
  ]
);
