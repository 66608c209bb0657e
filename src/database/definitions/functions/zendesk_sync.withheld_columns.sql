create or replace function zendesk_sync.withheld_columns() returns table (relation regclass, column_name name)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  -- What people typed, and columns that may contain it: urls with their queries, GraphQL, unknown fields, previous versions.
  select c.oid::regclass, a.attname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'zendesk'
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p')
    and (a.attname in ('url', 'referer', 'graphql_query', 'graphql_variables', 'search_query') and c.relname like 'access\_%'
      or a.attname = 'extra'
      or a.attname = 'content' and c.relname = 'revisions')
$$;

comment on function zendesk_sync.withheld_columns() is 'The columns of tables that zendesk_investigator may read and zendesk_reader may not. A reader has a view without them, named after the table with _redacted behind it.';
