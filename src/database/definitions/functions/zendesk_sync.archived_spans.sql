create or replace function zendesk_sync.archived_spans(of_account text, of_stream text) returns tstzmultirange
  language sql stable
  set search_path = pg_catalog, pg_temp
  return (
    select coalesce(
      range_agg(tstzrange(zendesk_sync.start_of(o.month), zendesk_sync.start_of((o.month + interval '1 month')::date))),
      '{}'
    )
    from zendesk_sync.archived_objects o
    where o.account = of_account and o.stream = of_stream and o.left_at is not null
  );

comment on function zendesk_sync.archived_spans(text, text) is 'The months of a log of an account whose rows are in the archive and no longer in the table: what is derived from them stays as it was.';
