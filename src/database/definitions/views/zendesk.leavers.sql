create view zendesk.leavers as
select
  h.account,
  h.id as user_id,
  case when not h.active then 'deleted' when not h.team_member then 'no team member' else 'suspended' end as how,
  h.valid_from as since,
  coalesce(h.valid_to, 'infinity') as until
from zendesk.user_history h
where h.suspended or not h.active or not h.team_member
union all
select
  u.account,
  u.id,
  case when a.source_type = 'user' then 'no team member' else 'suspended' end,
  a.created_at,
  coalesce(
    (
      select b.created_at from zendesk.audit_logs b
      where b.account = a.account and b.source_type = a.source_type and b.source_id = a.source_id
        and b.created_at >= a.created_at and (b.created_at > a.created_at or b.id > a.id)
        and zendesk.clean_text(b.change_description) ~* case when b.source_type = 'user' then '(^|\n)role changed from ' else 'suspended$' end
      order by b.created_at, b.id limit 1
    ),
    'infinity'
  )
from zendesk.users u
join zendesk.audit_logs a on a.account = u.account and a.source_id = u.id
where a.source_type = 'user_setting' and zendesk.clean_text(a.change_description) ~* '^suspended$'
  or a.source_type = 'user' and a.action = 'update'
    and zendesk.clean_text(a.change_description) ~* '(^|\n)role changed from [^\n]+ to end[- ]?user *($|\n)';

comment on view zendesk.leavers is 'When people were suspended, deleted or no team members, by the listing of people and by the audit log, which knows it sooner. Spans of a person may overlap.';
comment on column zendesk.leavers.account is 'Key of the Zendesk account.';
comment on column zendesk.leavers.user_id is 'The person.';
comment on column zendesk.leavers.how is 'suspended, deleted or no team member.';
comment on column zendesk.leavers.since is 'When it was first seen, or when the audit log says it happened.';
comment on column zendesk.leavers.until is 'When it ended; infinity while it lasts.';
