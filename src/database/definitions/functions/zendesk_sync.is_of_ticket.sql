create or replace function zendesk_sync.is_of_ticket(source_type text) returns boolean
  language sql immutable parallel safe
  return coalesce(source_type, '') in (
    'ticket', 'tickets', 'suspended_ticket', 'deleted_ticket', 'comment', 'ticket_comment', 'satisfaction_rating'
  );

comment on function zendesk_sync.is_of_ticket(text) is 'Whether records of the audit log of this type may repeat in their texts what people typed into a ticket, such as its subject.';
