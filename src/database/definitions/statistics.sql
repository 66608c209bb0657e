-- How often each kind occurs, by the text of access_events. Otherwise Postgres takes each kind for one request in two hundred,
-- and reads all requests where the newest would do. Citus knows statistics of plain columns alone.
do $$
begin
  if exists (select from pg_catalog.pg_available_extensions where name = 'citus') or exists (
    select from pg_catalog.pg_statistic_ext
    where stxname = 'access_log_resources_kind' and stxrelid = 'zendesk.access_log_resources'::regclass
  ) then
    return;
  end if;
  create statistics zendesk_sync.access_log_resources_kind on (coalesce(kind, 'noise')) from zendesk.access_log_resources;
  if exists (select from zendesk.access_log_resources) then
    analyze zendesk.access_log_resources;
  end if;
end
$$;
