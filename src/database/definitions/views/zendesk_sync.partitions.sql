create view zendesk_sync.partitions as
select
  n.nspname || '.' || t.relname as log_table,
  p.oid as relation,
  p.oid::regclass::text as partition,
  coalesce(substring(bound.text from $$FROM \('([^']+)'\)$$)::timestamptz, '-infinity') as held_from,
  coalesce(substring(bound.text from $$TO \('([^']+)'\)$$)::timestamptz, 'infinity') as held_until
from pg_inherits i
join pg_class p on p.oid = i.inhrelid
join pg_class t on t.oid = i.inhparent and t.relkind = 'p'
join pg_namespace n on n.oid = t.relnamespace
cross join lateral (select pg_get_expr(p.relpartbound, p.oid) as text) as bound
where not i.inhdetachpending;

comment on view zendesk_sync.partitions is 'The partitions that hold rows of a table at present, and of which time. A table that was detached is none.';
comment on column zendesk_sync.partitions.log_table is 'The table, with its schema.';
comment on column zendesk_sync.partitions.relation is 'The partition as Postgres numbers it.';
comment on column zendesk_sync.partitions.partition is 'The partition by name.';
comment on column zendesk_sync.partitions.held_from is 'First instant that it holds.';
comment on column zendesk_sync.partitions.held_until is 'First instant after what it holds.';
