create or replace function zendesk_sync.asked_until() returns timestamptz
  language sql stable parallel safe
  return coalesce(nullif(current_setting('zendesk_sync.asked_until', true), '')::timestamptz, 'infinity');

comment on function zendesk_sync.asked_until() is 'First instant after what is asked of the rules in this transaction; without such a question, the end of time.';
