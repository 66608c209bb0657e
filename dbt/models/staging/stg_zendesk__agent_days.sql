select
    account,
    day,
    user_id,
    requests,
    denied,
    views,
    lists,
    searches,
    exports,
    writes,
    secrets,
    tickets,
    users,
    addresses,
    bytes_sent
from {{ source('zendesk_logs', 'agent_day') }}
