create view zendesk_fivetran."user" as
select
  id,
  name,
  email,
  role,
  active,
  suspended,
  created_at,
  updated_at,
  last_login_at,
  time_zone,
  locale,
  null::text as external_id,
  null::bigint as organization_id,
  null::text as phone,
  null::text as ticket_restriction,
  synced_at as _fivetran_synced,
  false as _fivetran_deleted,
  account
from zendesk.users;

comment on view zendesk_fivetran."user" is 'The people in the logs as Fivetran names them: team members and everybody else who appears there, not all end users.';
comment on column zendesk_fivetran."user".id is 'Id of the person. Unique within an account.';
comment on column zendesk_fivetran."user".name is 'Name now, or when last seen.';
comment on column zendesk_fivetran."user".email is 'E-mail address now, or when last seen.';
comment on column zendesk_fivetran."user".role is 'admin, agent or end-user.';
comment on column zendesk_fivetran."user".active is 'False once the person was deleted in Zendesk.';
comment on column zendesk_fivetran."user".suspended is 'True while the person may not sign in.';
comment on column zendesk_fivetran."user".created_at is 'When the person was created in Zendesk.';
comment on column zendesk_fivetran."user".updated_at is 'When Zendesk last changed the person.';
comment on column zendesk_fivetran."user".last_login_at is 'When the person last signed in.';
comment on column zendesk_fivetran."user".time_zone is 'Time zone as Zendesk names it.';
comment on column zendesk_fivetran."user".locale is 'Language of the person.';
comment on column zendesk_fivetran."user".external_id is 'Always empty.';
comment on column zendesk_fivetran."user".organization_id is 'Always empty.';
comment on column zendesk_fivetran."user".phone is 'Always empty.';
comment on column zendesk_fivetran."user".ticket_restriction is 'Always empty.';
comment on column zendesk_fivetran."user"._fivetran_synced is 'When the person was last written here.';
comment on column zendesk_fivetran."user"._fivetran_deleted is 'Always false: people who leave stay here; see active.';
comment on column zendesk_fivetran."user".account is 'Key of the Zendesk account: not a column of Fivetran.';
