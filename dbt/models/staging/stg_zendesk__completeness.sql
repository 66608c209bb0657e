select
    account,
    stream,
    state,
    covered_from,
    covered_until,
    gaps,
    gap_seconds,
    lost_seconds,
    lag_seconds,
    headroom_seconds,
    verification_findings,
    last_success,
    last_error
from {{ source('zendesk_ledger', 'status') }}
