create or replace function zendesk.is_denied(status smallint) returns boolean
  language sql immutable parallel safe
  -- True or false, never null: a request without a status counts as one that was answered.
  return status in (401, 403, 404) is true;

comment on function zendesk.is_denied(smallint) is 'Whether a request with this HTTP status was refused: 401, 403 or 404. False where the status is not known.';
