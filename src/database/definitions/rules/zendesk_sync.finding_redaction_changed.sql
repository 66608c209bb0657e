select zendesk_sync.put_rule(
  rule => 'redaction_changed',
  stream => 'audit_logs',
  severity => 'high',
  question => 'Were security controls weakened?',
  title => 'Credit card redaction changed',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      actions => '{create,update,destroy}',
      label => '(^|: )(enable )?credit card redaction$',
      description => '^(disabled|turned off)$'
    ),
    zendesk_sync.pattern(
      source_types => '{account_setting}',
      actions => '{create,update,destroy}',
      label => '(^|: )(enable )?credit card redaction$',
      description_not => '^(disabled|turned off)$',
      severity => 'info'
    )
  ]
);
