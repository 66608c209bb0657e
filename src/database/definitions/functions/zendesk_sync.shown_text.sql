create or replace function zendesk_sync.shown_text(source_type text, content text, may_see boolean) returns text
  language sql immutable parallel safe
  return case when may_see or not zendesk_sync.is_of_ticket(source_type) then content end;

comment on function zendesk_sync.shown_text(text, text, boolean) is 'A text of a record of the audit log, or null where people may have typed it into a ticket and the reader may not see that.';
