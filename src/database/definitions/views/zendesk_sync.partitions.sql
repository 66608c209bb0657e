create view zendesk_sync.partitions as
select
  found.log_table,
  found.relation,
  found.relation::regclass::text as partition,
  coalesce(substring(bound.text from $$FROM \('([^']+)'\)$$)::timestamptz, '-infinity') as held_from,
  coalesce(substring(bound.text from $$TO \('([^']+)'\)$$)::timestamptz, 'infinity') as held_until
from (
  select n.nspname || '.' || t.relname as log_table, p.oid as relation, p.relpartbound
  from pg_inherits i
  join pg_class p on p.oid = i.inhrelid
  join pg_class t on t.oid = i.inhparent and t.relkind = 'p'
  join pg_namespace n on n.oid = t.relnamespace
  where not i.inhdetachpending
  -- Reading a bound waits for a lock on the partition: only those of the log in question are read.
  offset 0
) as found
cross join lateral (select pg_get_expr(found.relpartbound, found.relation) as text) as bound;

comment on view zendesk_sync.partitions is 'The partitions that hold rows of a table at present, and of which time. A table that was detached is none.';
comment on column zendesk_sync.partitions.log_table is 'The table, with its schema.';
comment on column zendesk_sync.partitions.relation is 'The partition as Postgres numbers it.';
comment on column zendesk_sync.partitions.partition is 'The partition by name.';
comment on column zendesk_sync.partitions.held_from is 'First instant that it holds.';
comment on column zendesk_sync.partitions.held_until is 'First instant after what it holds.';
