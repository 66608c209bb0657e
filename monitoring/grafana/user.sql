-- The database user of Grafana: member of zendesk_reader, so that it reads what dashboards may show, and changes nothing.
-- For psql, as the owner of the database, after `zendesk-log-sync migrate`, as often as you like:
--   psql "$DATABASE_URL" -v password=… -f monitoring/grafana/user.sql
do $$
begin
  if not exists (select from pg_roles where rolname = 'grafana') then
    create role grafana;
  end if;
end
$$;
alter role grafana login password :'password';
grant zendesk_reader to grafana;
alter role grafana set default_transaction_read_only = on;
-- A dashboard that asks for too much must not take the disk and the cores from the pulling.
alter role grafana set statement_timeout = '60s';
-- Compiling takes ten times as long as it saves with the views.
alter role grafana set jit = off;
