select zendesk_sync.put_rule(
  rule => 'email_added',
  stream => 'audit_logs',
  severity => 'medium',
  question => 'Did a team member get another e-mail address? The wording is a guess: look at the record.',
  title => 'E-mail address added',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{user}',
      description => '\m(e-?mail|identity)\M.*\m(added|created)\M|\m(added|created)\M.*\m(e-?mail|identity)\M'
    )
  ]
);
