create or replace function zendesk_sync.evidence_of(
  account text, stream text, rule text, is_of_day boolean, created_at timestamptz, actor_id bigint, record_id text
) returns table (first_at timestamptz, last_at timestamptz, evidence jsonb)
  language sql stable parallel safe
begin atomic
  select
    coalesce(day.first_at, behind.first_at, evidence_of.created_at),
    coalesce(day.last_at, behind.last_at, evidence_of.created_at),
    case
      when is_of_day then jsonb_build_array(jsonb_build_object(
        'table', 'agent_day', 'day', (evidence_of.created_at at time zone 'UTC')::date, 'user_id', evidence_of.actor_id
      ))
      else behind.evidence
    end
  from (
    select
      min(found.at) as first_at,
      max(found.at) as last_at,
      jsonb_agg(
        case when stream = 'access_logs'
          then jsonb_build_object('table', 'access_logs', 'timestamp', zendesk_sync.write_moment(found.at), 'id', found.id)
          else jsonb_build_object('table', 'audit_logs', 'created_at', zendesk_sync.write_moment(found.at), 'id', found.id)
        end
        order by found.at, found.id
      ) as evidence
    from (
      select evidence_of.created_at as at, record_id as id
      union
      select w.at, w.id
      from (
        select
          (r.parameters ->> 'count')::integer as count,
          (r.parameters ->> 'block')::integer as block,
          greatest(
            zendesk_sync.minutes_of(r.parameters), make_interval(hours => (r.parameters ->> 'hours')::integer)
          ) as span
        from zendesk.finding_rules r
        where r.rule = evidence_of.rule
          and r.rule in ('denied_burst', 'search_then_open', 'enumeration', 'two_networks', 'bulk_destroy', 'change_after_grant', 'dormant_admin', 'two_places')
        offset 0
      ) as p
      cross join lateral (
        (
          select l.timestamp as at, l.id from zendesk.access_logs l
          where evidence_of.rule = 'denied_burst' and l.account = evidence_of.account and l.user_id = evidence_of.actor_id
            and l.timestamp > evidence_of.created_at - p.span and l.timestamp <= evidence_of.created_at
            and zendesk.is_denied(l.status) and not zendesk.is_own_request(l.client, l.url)
          order by l.timestamp desc, l.id desc limit p.count
        )
        union all
        (
          select l.timestamp, l.id from zendesk.access_logs l
          where evidence_of.rule = 'two_networks' and l.account = evidence_of.account and l.user_id = evidence_of.actor_id
            and l.timestamp >= evidence_of.created_at - p.span and l.timestamp <= evidence_of.created_at
            and (l.timestamp < evidence_of.created_at or l.id < evidence_of.record_id) and not zendesk.is_own_request(l.client, l.url)
          order by l.timestamp desc, l.id desc limit 1
        )
        union all
        (
          -- Up to the next search, to which what follows belongs.
          select b.timestamp, b.access_log_id from zendesk.access_log_resources b
          where evidence_of.rule = 'search_then_open' and b.account = evidence_of.account and b.user_id = evidence_of.actor_id
            and b.timestamp >= evidence_of.created_at and b.timestamp < evidence_of.created_at + p.span
            and b.position = 0 and b.kind = 'view' and b.resource_id is not null and not zendesk.is_denied(b.status)
            and (b.timestamp > evidence_of.created_at or b.access_log_id > evidence_of.record_id)
            and not exists (
              select from zendesk.access_log_resources s
              where s.account = b.account and s.user_id = b.user_id and s.position = 0 and s.kind = 'search' and not zendesk.is_denied(s.status)
                and s.timestamp >= evidence_of.created_at and s.timestamp <= b.timestamp
                and (s.timestamp > evidence_of.created_at or s.access_log_id > evidence_of.record_id)
                and (s.timestamp < b.timestamp or s.access_log_id < b.access_log_id)
            )
          order by b.timestamp, b.access_log_id limit 1000
        )
        union all
        (
          select b.timestamp, b.access_log_id
          from zendesk.access_log_resources o
          join zendesk.access_log_resources b
            on b.account = o.account and b.user_id = o.user_id and b.resource_type = o.resource_type and b.position = 0
            and b.resource_id in (select (case when o.resource_id ~ '^\d{1,18}$' then o.resource_id::bigint end - back)::text from generate_series(0, p.block - 1) as back)
          where evidence_of.rule = 'enumeration' and o.account = evidence_of.account and o.timestamp = evidence_of.created_at
            and o.access_log_id = evidence_of.record_id and o.position = 0
            and b.timestamp >= evidence_of.created_at - p.span and b.timestamp <= evidence_of.created_at + p.span
          order by 1, 2 limit 1000
        )
        union all
        (
          select m.created_at, m.audit_log_id::text from zendesk.audit_matches m
          where evidence_of.rule = 'bulk_destroy' and m.rule = 'bulk_destroy' and m.account = evidence_of.account
            and m.actor_id = evidence_of.actor_id and m.created_at > evidence_of.created_at - p.span and m.created_at <= evidence_of.created_at
          order by m.created_at desc, m.audit_log_id desc limit p.count
        )
        union all
        (
          select m.created_at, m.audit_log_id::text from zendesk.audit_matches m
          where evidence_of.rule = 'change_after_grant' and m.rule = 'admin_role_assigned' and m.account = evidence_of.account
            and m.source_type = 'user' and m.source_id = evidence_of.actor_id
            and m.created_at >= evidence_of.created_at - p.span and m.created_at <= evidence_of.created_at
          order by m.created_at desc limit 1
        )
        union all
        (
          select a.created_at, a.id::text from zendesk.audit_logs a
          where evidence_of.rule in ('dormant_admin', 'two_places') and a.account = evidence_of.account and a.actor_id = evidence_of.actor_id
            and a.created_at <= evidence_of.created_at and (
              a.created_at < evidence_of.created_at or a.id < nullif(left(regexp_replace(evidence_of.record_id, '\D', '', 'g'), 18), '')::bigint
            )
            and (evidence_of.rule = 'dormant_admin' or a.source_type = 'user' and a.action = 'login')
          order by a.created_at desc, a.id desc limit 1
        )
      ) as w
      where not is_of_day
    ) as found
    where found.id is not null
  ) as behind
  left join lateral (
    select a.first_at, a.last_at from zendesk.agent_day a
    where is_of_day and a.account = evidence_of.account and a.user_id = evidence_of.actor_id
      and a.day = (evidence_of.created_at at time zone 'UTC')::date
  ) as day on true;
end;

comment on function zendesk_sync.evidence_of(text, text, text, boolean, timestamptz, bigint, text) is 'The keys of the rows behind a finding, and the times of the first and the last of them. Of rules that count or compare the rows that were counted or compared, at most 1,000.';
