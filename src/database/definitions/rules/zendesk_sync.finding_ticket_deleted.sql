select zendesk_sync.put_rule(
  rule => 'ticket_deleted',
  stream => 'audit_logs',
  severity => 'low',
  question => 'Which tickets were deleted, by whom?',
  title => 'Ticket deleted',
  patterns => array[
    zendesk_sync.pattern(source_types => '{ticket}', actions => '{destroy}')
  ]
);
