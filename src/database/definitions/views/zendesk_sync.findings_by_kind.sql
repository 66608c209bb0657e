create view zendesk_sync.findings_by_kind as
select
  r.account,
  f.rule,
  f.severity,
  r.timestamp as created_at,
  r.user_id as actor_id,
  concat(f.title, ': ' || nullif(concat_ws(' ', r.resource_type, r.resource_id), ''), case when zendesk.is_denied(r.status) then ', denied' end) as summary,
  r.access_log_id
from (
  select r.rule, r.severity, r.title, r.parameters ->> 'kind' as kind, zendesk_sync.minutes_of(r.parameters) as pause
  from zendesk.finding_rules r
  where r.rule in ('data_export', 'secret_access', 'log_access') and r.enabled
) as f
join zendesk_sync.resources_by_people r on r.kind = f.kind
cross join lateral (
  select l.client, l.method, l.url, zendesk.path_of(l.url) as path from zendesk.access_logs l
  where l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
  offset 0
) as l
where r.position = 0
  and case
    when zendesk.is_own_request(l.client, l.url) then false
    -- The first of its pages.
    else not exists (
      select from zendesk.access_logs b
      where b.account = r.account and b.user_id = r.user_id
        and b.timestamp >= r.timestamp - f.pause and b.timestamp <= r.timestamp
        and (b.timestamp < r.timestamp or b.id < r.access_log_id)
        and b.method = l.method and zendesk.path_of(b.url) = l.path
        -- Without a status nothing says that two requests belong together.
        and r.status is not null and zendesk.is_denied(b.status) = zendesk.is_denied(r.status)
        and not zendesk.is_own_request(b.client, b.url)
      offset 0
    )
  end;

select zendesk_sync.describe_findings(
  'zendesk_sync.findings_by_kind', 'What the rules find for which the kind of a request is enough. Ask access_findings.'
);
