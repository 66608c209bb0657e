select zendesk_sync.put_rule(
  rule => 'password_sign_in',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Who signs in with a password although single sign-on is expected? Name the accounts in the parameter.',
  title => 'Sign-in with a password',
  parameters => '{
    "accounts": []
  }',
  patterns => array[
    zendesk_sync.pattern(source_types => '{user}', actions => '{login}', description => 'using zendesk password')
  ]
);
