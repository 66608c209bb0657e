create or replace function zendesk_sync.asked_from() returns timestamptz
  language sql stable parallel safe
  return coalesce(nullif(current_setting('zendesk_sync.asked_from', true), '')::timestamptz, '-infinity');

comment on function zendesk_sync.asked_from() is 'First instant of what is asked of the rules in this transaction; without such a question, the beginning of time.';
