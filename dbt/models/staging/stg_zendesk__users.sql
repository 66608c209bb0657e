select
    account,
    id as user_id,
    name as user_name,
    email as user_email,
    role as user_role,
    active as is_active,
    suspended as is_suspended,
    team_member as is_team_member,
    departed_at,
    created_at,
    last_login_at,
    synced_at
from {{ source('zendesk_logs', 'users') }}
