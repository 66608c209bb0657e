select zendesk_sync.put_rule(
  rule => 'group_changed',
  stream => 'audit_logs',
  severity => 'info',
  question => 'Who joined or left a group, which organizations go elsewhere?',
  title => 'Group changed',
  patterns => array[
    zendesk_sync.pattern(
      source_types => '{user,organization}',
      actions => '{create,update,destroy}',
      description => '\mgroups?\M'
    )
  ]
);
