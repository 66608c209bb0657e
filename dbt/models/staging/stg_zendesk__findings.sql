select
    finding as finding_id,
    account,
    stream,
    rule,
    severity,
    state,
    created_at,
    actor_id,
    actor_name,
    summary,
    record_id,
    first_found_at,
    acknowledged_at,
    acknowledged_by
from {{ source('zendesk_logs', 'findings') }}
where withdrawn_at is null
