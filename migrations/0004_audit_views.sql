create function zendesk.clean_text(raw text) returns text
  language sql immutable strict parallel safe
  -- An ampersand that was escaped twice must be one again before what it begins is undone.
  return btrim(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
      raw, '\r\n', E'\n'), '\n', E'\n'), E'\r', ''), '&amp;', '&'), '&amp;', '&'),
      '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&nbsp;', ' '),
    E' \t\n'
  );
comment on function zendesk.clean_text(text) is 'Text of the audit log as people read it: literal \n made line breaks, HTML escapes undone even when escaped twice, trimmed.';

create table zendesk.ip_ranges (
  range cidr primary key,
  label text not null,
  kind text not null,
  severity text,
  added_at timestamptz not null default now()
);
create index ip_ranges_range on zendesk.ip_ranges using gist (range inet_ops);
comment on table zendesk.ip_ranges is 'Addresses you know something about: Tor exits, hosting providers, countries, your own offices. Yours to fill. Every record of the audit log from one of them is a finding of the rule listed_address, unless its kind is trusted or place.';
comment on column zendesk.ip_ranges.range is 'The range, such as 203.0.113.0/24. The narrowest range around an address decides.';
comment on column zendesk.ip_ranges.label is 'What it is, as named in the finding.';
comment on column zendesk.ip_ranges.kind is 'Sort of range: tor, threat, country, hosting or a word of yours. The kinds trusted and place make none; place only tells where an address is, for the rule two_places.';
comment on column zendesk.ip_ranges.severity is 'Severity of what is found from here; null for that of the rule.';
comment on column zendesk.ip_ranges.added_at is 'When it was put on the list.';

-- What is not asked for is not worked out: the look-ups of the actor are subqueries, which drop out of a query that leaves them alone.
create view zendesk.audit_events as
select
  a.account,
  a.id,
  a.created_at,
  a.action,
  a.action_label,
  a.actor_id,
  coalesce(
    a.actor_name,
    (
      select h.name from zendesk.user_history h
      where h.account = a.account and h.id = a.actor_id and h.valid_from <= a.created_at
      order by h.valid_from desc limit 1
    ),
    (select u.name from zendesk.users u where u.account = a.account and u.id = a.actor_id)
  ) as actor_name,
  (
    select h.role from zendesk.user_history h
    where h.account = a.account and h.id = a.actor_id and h.valid_from <= a.created_at
    order by h.valid_from desc limit 1
  ) as actor_role,
  a.source_type,
  a.source_id,
  a.source_label,
  case when label.colon > 0 then left(label.clean, label.colon - 1) end as source_label_type,
  case when label.colon > 0 then substr(label.clean, label.colon + 2) else label.clean end as source_label_name,
  a.change_description,
  text.description,
  nullif(rtrim(left(change.prefix, -13)), '') as property,
  case when change.at > 0 then left(change.rest, change.at - 1) end as old_value,
  coalesce(
    case when change.at > 0 then substr(change.rest, change.at + 4) end,
    lower(substring(text.description from '(?i)^(?:turned )?(on|off|enabled|disabled|activated|deactivated|suspended|unsuspended)$')),
    substring(text.description from '(?i)^set to (.+)$')
  ) as new_value,
  a.ip_address,
  a.url,
  a.first_synced_at,
  a.synced_at
from zendesk.audit_logs a
-- "offset 0" keeps these from being worked out once for each column that uses them.
cross join lateral (select zendesk.clean_text(a.change_description) as description offset 0) as text
cross join lateral (
  select label.clean, position(': ' in label.clean) as colon
  from (select zendesk.clean_text(a.source_label) as clean offset 0) as label
  offset 0
) as label
-- Cut with plain functions: regular expressions with groups take milliseconds for the text of a trigger.
cross join lateral (
  select found.prefix, rest.rest, position(' to ' in rest.rest) as at
  from (
    -- Several changes in one record have no one value before and after.
    select case when text.description !~* '\n[^\n]*\mchanged from '
      then substring(text.description from '(?i)^(?:[^\n]*? )??changed from ') end as prefix offset 0
  ) as found
  cross join lateral (select substr(text.description, length(found.prefix) + 1) as rest offset 0) as rest
  offset 0
) as change;
comment on view zendesk.audit_events is 'The audit log for reading: one row a record, with clean text, what was changed and who the actor was then.';
comment on column zendesk.audit_events.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_events.id is 'Id of the record: audit_log_id of the other views.';
comment on column zendesk.audit_events.created_at is 'When the change happened, UTC.';
comment on column zendesk.audit_events.action is 'Kind of change: create, update, destroy, login, exported. Zendesk may add others.';
comment on column zendesk.audit_events.action_label is 'The action in the language of the reading user. For display only.';
comment on column zendesk.audit_events.actor_id is 'Who made the change; -1 is the system.';
comment on column zendesk.audit_events.actor_name is 'Name of the actor as the record gives it, else as it was then, else as it is now.';
comment on column zendesk.audit_events.actor_role is 'Role of the actor then: admin, agent or end-user; null for times before the person was first seen here.';
comment on column zendesk.audit_events.source_type is 'Type of the thing that was changed.';
comment on column zendesk.audit_events.source_id is 'Id of the thing that was changed.';
comment on column zendesk.audit_events.source_label is 'Name of the thing that was changed, as Zendesk gave it.';
comment on column zendesk.audit_events.source_label_type is 'What stands before the first ": " of the cleaned source_label, such as Team member or Security; null where there is none.';
comment on column zendesk.audit_events.source_label_name is 'What stands after it; the whole source_label where there is none.';
comment on column zendesk.audit_events.change_description is 'What changed, as Zendesk gave it.';
comment on column zendesk.audit_events.description is 'What changed, cleaned: line breaks are line breaks, HTML escapes are undone.';
comment on column zendesk.audit_events.property is 'What changed of the thing: Owner in "Owner changed from A to B". Null where the description names nothing or several things.';
comment on column zendesk.audit_events.old_value is 'Value before, where the description names it once.';
comment on column zendesk.audit_events.new_value is 'Value after, where the description names it once: also on, off, enabled, disabled, suspended and the like.';
comment on column zendesk.audit_events.ip_address is 'Address the change was made from; null for changes by the system.';
comment on column zendesk.audit_events.url is 'Address of the record in the Zendesk API.';
comment on column zendesk.audit_events.first_synced_at is 'When this record was first stored here.';
comment on column zendesk.audit_events.synced_at is 'When this record was last written here.';

create view zendesk.user_role_history as
select
  e.account,
  e.source_id as user_id,
  e.source_label_name as user_name,
  coalesce(line.parts[1], 'Support') as product,
  line.parts[2] as old_role,
  line.parts[3] as new_role,
  e.created_at as valid_from,
  lead(e.created_at) over (
    partition by e.account, e.source_id, coalesce(line.parts[1], 'Support') order by e.created_at, e.id, line.number
  ) as valid_until,
  e.actor_id,
  e.actor_name,
  e.id as audit_log_id
from zendesk.audit_events e
cross join lateral regexp_matches(e.description, '^(?:(\w[\w ]*?) )?role changed from (.+?) to (.+)$', 'gin') with ordinality as line (parts, number)
where e.source_type = 'user' and e.action = 'update';
comment on view zendesk.user_role_history is 'Roles of people over time, from the audit log: one row for each product whose role changed. For the role at a time T: valid_from <= T and (valid_until > T or valid_until is null); before the first row its old_role.';
comment on column zendesk.user_role_history.account is 'Key of the Zendesk account.';
comment on column zendesk.user_role_history.user_id is 'Whose role changed.';
comment on column zendesk.user_role_history.user_name is 'Name of that person in the record.';
comment on column zendesk.user_role_history.product is 'The product the role is of, such as Guide or Explore; Support where the record names none.';
comment on column zendesk.user_role_history.old_role is 'Role before.';
comment on column zendesk.user_role_history.new_role is 'Role from valid_from on.';
comment on column zendesk.user_role_history.valid_from is 'When the role changed.';
comment on column zendesk.user_role_history.valid_until is 'When it changed next; null for the present role.';
comment on column zendesk.user_role_history.actor_id is 'Who changed it.';
comment on column zendesk.user_role_history.actor_name is 'Name of who changed it.';
comment on column zendesk.user_role_history.audit_log_id is 'The record: audit_logs.id.';

create view zendesk.setting_history as
select
  e.account,
  e.source_type,
  e.source_id,
  e.source_label as setting,
  e.property,
  e.old_value,
  e.new_value,
  e.description,
  e.created_at as valid_from,
  lead(e.created_at) over (
    partition by e.account, e.source_type, e.source_id, e.source_label, e.property order by e.created_at, e.id
  ) as valid_until,
  e.actor_id,
  e.actor_name,
  e.id as audit_log_id
from zendesk.audit_events e
where e.source_type in ('account', 'account_setting', 'user_setting') or e.source_type like 'zendesk/business\_hours/%';
comment on view zendesk.setting_history is 'Settings of the account and of people, and schedules, over time. For the value at a time T: new_value where valid_from <= T and (valid_until > T or valid_until is null); before the first row its old_value.';
comment on column zendesk.setting_history.account is 'Key of the Zendesk account.';
comment on column zendesk.setting_history.source_type is 'account, account_setting, user_setting or a type of schedule.';
comment on column zendesk.setting_history.source_id is 'Id of the setting or schedule.';
comment on column zendesk.setting_history.setting is 'Name of the setting, such as "Security: Session expiration".';
comment on column zendesk.setting_history.property is 'What changed of it, such as Owner; null where the record names nothing.';
comment on column zendesk.setting_history.old_value is 'Value before, where the record names it.';
comment on column zendesk.setting_history.new_value is 'Value from valid_from on, where the record names it; see description where not.';
comment on column zendesk.setting_history.description is 'The cleaned description of the change.';
comment on column zendesk.setting_history.valid_from is 'When the setting changed.';
comment on column zendesk.setting_history.valid_until is 'When it changed next; null for the present value.';
comment on column zendesk.setting_history.actor_id is 'Who changed it.';
comment on column zendesk.setting_history.actor_name is 'Name of who changed it.';
comment on column zendesk.setting_history.audit_log_id is 'The record: audit_logs.id.';

create view zendesk.sign_ins as
select
  e.account,
  e.created_at,
  e.source_id as user_id,
  e.source_label_name as user_name,
  substring(e.description from '(?i)using (.+?)(?: from \S+)?$') as method,
  e.ip_address,
  substring(e.description from '(?i) from (\S+)$') as url,
  e.id as audit_log_id
from zendesk.audit_events e
where e.source_type = 'user' and e.action = 'login';
comment on view zendesk.sign_ins is 'Successful sign-ins of team members. Zendesk records no failed ones.';
comment on column zendesk.sign_ins.account is 'Key of the Zendesk account.';
comment on column zendesk.sign_ins.created_at is 'When the person signed in, UTC.';
comment on column zendesk.sign_ins.user_id is 'Who signed in.';
comment on column zendesk.sign_ins.user_name is 'Name of that person in the record.';
comment on column zendesk.sign_ins.method is 'How: Zendesk password, SAML, JWT, Google and so on.';
comment on column zendesk.sign_ins.ip_address is 'Address the person signed in from.';
comment on column zendesk.sign_ins.url is 'Address of the sign-in page; may hold a query.';
comment on column zendesk.sign_ins.audit_log_id is 'The record: audit_logs.id.';

create view zendesk.audit_vocabulary as
select
  e.account,
  e.source_type,
  e.action,
  e.source_label_type,
  min(e.created_at) as first_seen,
  max(e.created_at) as last_seen,
  count(*) as changes
from zendesk.audit_events e
group by e.account, e.source_type, e.action, e.source_label_type;
comment on view zendesk.audit_vocabulary is 'The kinds of records Zendesk sends, and since when: what is new this month has first_seen in it.';
comment on column zendesk.audit_vocabulary.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_vocabulary.source_type is 'Type of the thing that was changed.';
comment on column zendesk.audit_vocabulary.action is 'Kind of change.';
comment on column zendesk.audit_vocabulary.source_label_type is 'What stands before the first ": " of the label.';
comment on column zendesk.audit_vocabulary.first_seen is 'First record of this kind.';
comment on column zendesk.audit_vocabulary.last_seen is 'Last record of this kind.';
comment on column zendesk.audit_vocabulary.changes is 'Records of this kind.';

comment on column zendesk.finding_rules.parameters is 'Thresholds of the rule by name. Any rule about the audit log also takes "accounts", the keys of the only accounts it is about, and "actors", ids or names of the only actors.';

insert into zendesk.finding_rules (rule, stream, severity, question, title, parameters) values
  ('account_owner_changed', 'audit_logs', 'high', 'Was the owner of the account changed?', 'Account owner changed', '{}'),
  ('admin_role_assigned', 'audit_logs', 'medium', 'Who was made an admin, in which product?', 'Admin role assigned', '{}'),
  ('user_role_changed', 'audit_logs', 'info', 'Whose role was changed?', 'Role changed', '{}'),
  ('user_suspension_changed', 'audit_logs', 'high', 'Who was suspended, who may sign in again?', 'Suspension changed', '{}'),
  ('api_token_changed', 'audit_logs', 'high', 'Was an API token created or deleted?', 'API token created or deleted', '{}'),
  ('api_token_updated', 'audit_logs', 'medium', 'Was an API token renamed or activated again?', 'API token updated', '{}'),
  ('two_factor_off', 'audit_logs', 'high', 'Were security controls weakened?', 'Two-factor authentication no longer required', '{}'),
  ('ip_restriction_off', 'audit_logs', 'high', 'Were security controls weakened?', 'IP restriction switched off', '{}'),
  ('redaction_changed', 'audit_logs', 'high', 'Were security controls weakened?', 'Credit card redaction changed', '{}'),
  ('password_policy_changed', 'audit_logs', 'medium', 'Were security controls weakened?', 'Password policy changed', '{}'),
  ('session_lengthened', 'audit_logs', 'medium', 'Do sessions last longer now?', 'Session lengthened', '{}'),
  ('security_setting_changed', 'audit_logs', 'info', 'Which security settings were changed?', 'Security setting changed', '{}'),
  ('account_assumption_changed', 'audit_logs', 'medium', 'May Zendesk staff act as our users?', 'Account assumption changed', '{}'),
  ('mobile_app_access_changed', 'audit_logs', 'medium', 'Was access by the mobile app changed?', 'Mobile app access changed', '{}'),
  ('password_sign_in', 'audit_logs', 'medium', 'Who signs in with a password although single sign-on is expected? Name the accounts in the parameter.', 'Sign-in with a password', '{"accounts": []}'),
  ('ticket_deleted', 'audit_logs', 'low', 'Which tickets were deleted, by whom?', 'Ticket deleted', '{}'),
  ('exported', 'audit_logs', 'medium', 'What was exported?', 'Data exported', '{}'),
  ('app_changed', 'audit_logs', 'low', 'Which apps were installed, removed or changed?', 'App changed', '{}'),
  ('group_changed', 'audit_logs', 'info', 'Who joined or left a group, which organizations go elsewhere?', 'Group changed', '{}'),
  ('email_added', 'audit_logs', 'medium', 'Did a team member get another e-mail address? The wording is a guess: look at the record.', 'E-mail address added', '{}'),
  ('system_change', 'audit_logs', 'info', 'What did the system change by itself?', 'Changed by the system', '{"actors": ["-1", "Zendesk"]}'),
  ('bulk_destroy', 'audit_logs', 'high', 'Does somebody delete many things at once?', 'Many deletions', '{"count": 10, "minutes": 10}'),
  ('first_seen_network', 'audit_logs', 'low', 'Does somebody work from a network (IPv4 /24, IPv6 /48) never seen of them?', 'First activity from this network', '{"learning_days": 14}'),
  ('listed_address', 'audit_logs', 'high', 'Does anything come from addresses on the list ip_ranges?', 'Address is on the list', '{}'),
  ('two_places', 'audit_logs', 'high', 'Does somebody sign in from two places within hours? Where addresses are is told by ip_ranges of these kinds.', 'Sign-ins from two places', '{"hours": 3, "kinds": ["place", "country"]}'),
  ('off_hours_change', 'audit_logs', 'low', 'Who changes things at night or at the weekend?', 'Change off hours', '{"from": "07:00", "until": "20:00", "weekend": true, "time_zone": "UTC"}'),
  ('dormant_admin', 'audit_logs', 'medium', 'Which admin acts again after a long time?', 'Admin active again', '{"days": 60}'),
  ('change_after_grant', 'audit_logs', 'high', 'Did somebody change security soon after becoming an admin?', 'Security change soon after admin role', '{"hours": 24}');

-- The spellings are those of published rules, of Zendesk's documentation and of recorded answers: another one is another row.
insert into zendesk.audit_patterns (rule, source_types, actions, label, description, description_not, severity) values
  ('account_owner_changed', '{account}', '{update}', null, '^owner changed from ', null, null),
  ('admin_role_assigned', '{user}', '{update}', null, '(^|\n)([^\n]* )?role changed from [^\n]+ to [^\n]*(admin|account owner)', null, null),
  ('user_role_changed', '{user}', '{update}', null, 'role changed', '(^|\n)([^\n]* )?role changed from [^\n]+ to [^\n]*(admin|account owner)', null),
  ('user_suspension_changed', '{user_setting}', '{create,update}', null, 'suspended', '^suspended$', null),
  ('user_suspension_changed', '{user_setting}', '{create,update}', null, '^suspended$', null, 'info'),
  ('api_token_changed', '{api_token,apitoken}', '{create}', null, null, null, null),
  ('api_token_changed', '{api_token,apitoken}', '{destroy}', null, null, null, 'info'),
  ('api_token_changed', null, '{create}', '^(zendesk api: active api tokens|api token)', null, null, null),
  ('api_token_changed', null, '{destroy}', '^(zendesk api: active api tokens|api token)', null, null, 'info'),
  ('api_token_updated', '{api_token,apitoken}', '{update}', null, null, null, null),
  ('api_token_updated', null, '{update}', '^(zendesk api: active api tokens|api token)', null, null, null),
  ('two_factor_off', '{account_setting}', null, '(^|: )(two-factor authentication for all admins and agents|require two[- ]factor( authentication)?)$', '^(disabled|turned off)$', null, null),
  ('ip_restriction_off', '{account_setting}', null, '(^|: )(enable )?ip restrictions$', '^(disabled|turned off)$', null, null),
  ('redaction_changed', '{account_setting}', '{create,update,destroy}', '(^|: )(enable )?credit card redaction$', '^(disabled|turned off)$', null, null),
  ('redaction_changed', '{account_setting}', '{create,update,destroy}', '(^|: )(enable )?credit card redaction$', null, '^(disabled|turned off)$', 'info'),
  ('password_policy_changed', '{account_setting}', null, 'password (policy|level|security|requirements)', null, null, null),
  ('session_lengthened', '{account_setting}', null, 'session (expiration|timeout|length|duration)', 'from \d+ [a-z]+ to \d+ [a-z]+', null, null),
  ('security_setting_changed', '{account_setting}', null, '^(security|zendesk api): ', null, null, null),
  ('account_assumption_changed', '{account_setting}', null, '(^|: |enable )account assumption$', null, null, null),
  ('account_assumption_changed', '{account_setting}', null, '(^|: )assumption duration$', null, null, null),
  ('mobile_app_access_changed', '{account_setting}', '{create,update}', '(^|: )zendesk support mobile app access$', null, '^(disabled|turned off)$', null),
  ('mobile_app_access_changed', '{account_setting}', '{create,update}', '(^|: )zendesk support mobile app access$', '^(disabled|turned off)$', null, 'info'),
  ('password_sign_in', '{user}', '{login}', null, 'using zendesk password', null, null),
  ('ticket_deleted', '{ticket}', '{destroy}', null, null, null, null),
  ('exported', null, '{exported}', null, null, null, null),
  ('app_changed', '{zendesk/app_market/app}', null, null, null, null, null),
  ('group_changed', '{user,organization}', '{create,update,destroy}', null, '\mgroups?\M', null, null),
  ('email_added', '{user}', null, null, '\m(e-?mail|identity)\M.*\m(added|created)\M|\m(added|created)\M.*\m(e-?mail|identity)\M', null, null),
  ('system_change', null, null, null, null, null, null),
  ('bulk_destroy', null, '{destroy}', null, null, null, null),
  ('first_seen_network', null, null, null, null, null, null),
  ('listed_address', null, null, null, null, null, null),
  ('two_places', '{user}', '{login}', null, null, null, null),
  ('off_hours_change', null, '{create,update,destroy,exported}', null, null, null, null),
  ('dormant_admin', null, null, null, null, null, null),
  ('change_after_grant', '{account,account_setting,user_setting,api_token,apitoken}', '{create,update,destroy}', null, null, null, null),
  ('change_after_grant', '{user}', '{update}', null, '(role|password|e-?mail)', null, null);

-- Conditions stand in a CASE because Postgres would else sort them by its guess of their cost and run regular expressions first.
create view zendesk.audit_matches as
select
  a.account,
  r.rule,
  r.enabled,
  r.severity,
  r.title,
  r.parameters,
  a.created_at,
  a.id as audit_log_id,
  a.action,
  a.actor_id,
  a.actor_name,
  a.ip_address,
  a.source_type,
  a.source_id,
  text.description,
  nullif(concat_ws(' – ', a.source_label, nullif(left(regexp_replace(text.description, '\s+', ' ', 'g'), 200), '')), '') as change
from zendesk.audit_logs a
-- Once a row, not once a pattern.
cross join lateral (select zendesk.clean_text(a.change_description) as description offset 0) as text
cross join lateral (
  select distinct on (f.rule) f.rule, f.enabled, f.title, f.parameters, coalesce(p.severity, f.severity) as severity
  from zendesk.audit_patterns p
  join zendesk.finding_rules f on f.rule = p.rule
  where f.stream = 'audit_logs'
    and case
      when a.source_type = any (p.source_types) is not true and p.source_types is not null then false
      when a.action = any (p.actions) is not true and p.actions is not null then false
      when p.label is not null and (a.source_label ~* p.label) is not true then false
      when p.description is not null and (text.description ~* p.description) is not true then false
      when p.description_not is not null and text.description ~* p.description_not then false
      else true
    end
    and (not f.parameters ? 'accounts' or f.parameters -> 'accounts' ? a.account)
    and (not f.parameters ? 'actors' or f.parameters -> 'actors' ?| array[a.actor_id::text, a.actor_name])
  order by f.rule, array_position(array['high', 'medium', 'low', 'info'], coalesce(p.severity, f.severity))
) as r;
comment on view zendesk.audit_matches is 'Records of the audit log that match a pattern of a rule: what audit_findings looks at. One row for each record and rule; of several patterns the gravest decides. Disabled rules are in here.';
comment on column zendesk.audit_matches.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_matches.rule is 'The rule whose pattern matches.';
comment on column zendesk.audit_matches.enabled is 'Whether the rule is on.';
comment on column zendesk.audit_matches.severity is 'Severity by the pattern, else by the rule.';
comment on column zendesk.audit_matches.title is 'What a finding of the rule means.';
comment on column zendesk.audit_matches.parameters is 'Thresholds of the rule.';
comment on column zendesk.audit_matches.created_at is 'When the change happened, UTC.';
comment on column zendesk.audit_matches.audit_log_id is 'The record: audit_logs.id.';
comment on column zendesk.audit_matches.action is 'Kind of change.';
comment on column zendesk.audit_matches.actor_id is 'Who made the change; -1 is the system.';
comment on column zendesk.audit_matches.actor_name is 'Name of the actor as the record gives it.';
comment on column zendesk.audit_matches.ip_address is 'Address the change was made from.';
comment on column zendesk.audit_matches.source_type is 'Type of the thing that was changed.';
comment on column zendesk.audit_matches.source_id is 'Id of the thing that was changed.';
comment on column zendesk.audit_matches.description is 'What changed, cleaned.';
comment on column zendesk.audit_matches.change is 'The thing and what changed of it, on one line of at most 200 characters of description.';

-- The rules that need more than a record look back along the index on actor and time, so that a span of time bounds them too.
create view zendesk.audit_findings as
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name, concat_ws(': ', m.title, m.change) as summary, m.audit_log_id
from zendesk.audit_matches m
where m.enabled
  and m.rule not in ('session_lengthened', 'bulk_destroy', 'first_seen_network', 'listed_address', 'two_places', 'off_hours_change', 'dormant_admin', 'change_after_grant')
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  m.title || ' from ' || span.parts[1] || ' to ' || span.parts[2], m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select regexp_match(m.description, '\mfrom (\d{1,6} (?:second|minute|hour|day|week|month|year)s?) to (\d{1,6} (?:second|minute|hour|day|week|month|year)s?)\M', 'i') as parts
) as span
where m.enabled and m.rule = 'session_lengthened' and span.parts[2]::interval > span.parts[1]::interval
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ': ', m.parameters ->> 'count', ' within ', m.parameters ->> 'minutes', ' minutes', ', the last: ' || m.change), m.audit_log_id
from zendesk.audit_matches m
where m.enabled and m.rule = 'bulk_destroy'
  -- The one that reaches the threshold, not those after it.
  and (m.parameters ->> 'count')::integer = (
    select count(*)
    from (
      select
      from zendesk.audit_matches b
      where b.rule = 'bulk_destroy' and b.account = m.account and b.actor_id = m.actor_id
        and b.created_at > m.created_at - make_interval(mins => (m.parameters ->> 'minutes')::integer)
        and b.created_at <= m.created_at
        and (b.created_at < m.created_at or b.audit_log_id <= m.audit_log_id)
      limit (m.parameters ->> 'count')::integer + 1
    ) as recent
  )
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ': ', here.network, ', ' || m.change), m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select network(set_masklen(m.ip_address, case family(m.ip_address) when 4 then 24 else 48 end)) as network
) as here
where m.enabled and m.rule = 'first_seen_network' and m.actor_id > 0 and m.ip_address is not null
  and not exists (select from zendesk.service_accounts s where s.account = m.account and s.user_id = m.actor_id)
  and m.created_at >= (
    select min(b.created_at) from zendesk.audit_logs b where b.account = m.account and b.actor_id = m.actor_id
  ) + make_interval(days => (m.parameters ->> 'learning_days')::integer)
  and not exists (
    select from zendesk.audit_logs b
    where b.account = m.account and b.actor_id = m.actor_id
      -- An equality of expressions, so that it can be a hash join.
      and network(set_masklen(b.ip_address, case family(b.ip_address) when 4 then 24 else 48 end)) = here.network
      and b.created_at <= m.created_at and (b.created_at < m.created_at or b.id < m.audit_log_id)
  )
union all
select m.account, m.rule, coalesce(listed.severity, m.severity), m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ': ', host(m.ip_address), ' is ', listed.label, ' (', listed.kind, ')', ', ' || m.change), m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select i.label, i.kind, i.severity from zendesk.ip_ranges i
  where m.ip_address <<= i.range and i.kind <> 'place'
  order by masklen(i.range) desc limit 1
) as listed
where m.enabled and m.rule = 'listed_address' and listed.kind <> 'trusted'
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ': ', here.label, ', ', there.label, ' ', round(extract(epoch from m.created_at - before.created_at) / 60), ' minutes before'),
  m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select i.label from zendesk.ip_ranges i
  where m.ip_address <<= i.range and m.parameters -> 'kinds' ? i.kind
  order by masklen(i.range) desc limit 1
) as here
cross join lateral (
  select b.created_at, b.ip_address from zendesk.audit_logs b
  where b.account = m.account and b.actor_id = m.actor_id and b.source_type = 'user' and b.action = 'login'
    and b.created_at >= m.created_at - make_interval(hours => (m.parameters ->> 'hours')::integer)
    and b.created_at <= m.created_at and (b.created_at < m.created_at or b.id < m.audit_log_id)
  order by b.created_at desc, b.id desc limit 1
) as before
cross join lateral (
  select i.label from zendesk.ip_ranges i
  where before.ip_address <<= i.range and m.parameters -> 'kinds' ? i.kind
  order by masklen(i.range) desc limit 1
) as there
where m.enabled and m.rule = 'two_places' and m.actor_id > 0 and here.label <> there.label
  and not exists (select from zendesk.service_accounts s where s.account = m.account and s.user_id = m.actor_id)
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ': ', to_char(clock.local, 'FMDay HH24:MI'), ', ' || m.change), m.audit_log_id
from zendesk.audit_matches m
left join zendesk.users u on u.account = m.account and u.id = m.actor_id
cross join lateral (
  -- A zone that this server does not know would end the query with an error.
  select m.created_at at time zone case
    when u.iana_time_zone in (select z.name from pg_timezone_names z) then u.iana_time_zone
    else m.parameters ->> 'time_zone'
  end as local offset 0
) as clock
where m.enabled and m.rule = 'off_hours_change' and m.actor_id > 0
  and not exists (select from zendesk.service_accounts s where s.account = m.account and s.user_id = m.actor_id)
  and (
    clock.local::time < (m.parameters ->> 'from')::time
    or clock.local::time >= (m.parameters ->> 'until')::time
    or (m.parameters ->> 'weekend')::boolean and extract(isodow from clock.local) > 5
  )
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ' after ', extract(day from m.created_at - before.created_at), ' days', ': ' || m.change), m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select b.created_at from zendesk.audit_logs b
  where b.account = m.account and b.actor_id = m.actor_id
    and b.created_at <= m.created_at and (b.created_at < m.created_at or b.id < m.audit_log_id)
  order by b.created_at desc limit 1
) as before
where m.enabled and m.rule = 'dormant_admin' and m.actor_id > 0
  and not exists (select from zendesk.service_accounts s where s.account = m.account and s.user_id = m.actor_id)
  and m.created_at - before.created_at > make_interval(days => (m.parameters ->> 'days')::integer)
  -- Of whom nothing is known may have been an admin.
  and 'admin' = coalesce(
    (
      select h.role from zendesk.user_history h
      where h.account = m.account and h.id = m.actor_id and h.valid_from <= m.created_at
      order by h.valid_from desc limit 1
    ),
    (select u.role from zendesk.users u where u.account = m.account and u.id = m.actor_id),
    'admin'
  )
union all
select m.account, m.rule, m.severity, m.created_at, m.actor_id, m.actor_name,
  concat(m.title, ' of ', to_char(granted.created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), ' UTC', ': ' || m.change), m.audit_log_id
from zendesk.audit_matches m
cross join lateral (
  select g.created_at from zendesk.audit_matches g
  where g.rule = 'admin_role_assigned' and g.account = m.account and g.source_type = 'user' and g.source_id = m.actor_id
    and g.created_at >= m.created_at - make_interval(hours => (m.parameters ->> 'hours')::integer)
    and g.created_at <= m.created_at and (g.created_at < m.created_at or g.audit_log_id < m.audit_log_id)
  order by g.created_at desc limit 1
) as granted
where m.enabled and m.rule = 'change_after_grant';
comment on view zendesk.audit_findings is 'What the rules found in the audit log: one row for each record and enabled rule. Ask for a span of created_at.';
comment on column zendesk.audit_findings.account is 'Key of the Zendesk account.';
comment on column zendesk.audit_findings.rule is 'The rule: finding_rules.rule.';
comment on column zendesk.audit_findings.severity is 'high, medium, low or info.';
comment on column zendesk.audit_findings.created_at is 'When it happened, UTC.';
comment on column zendesk.audit_findings.actor_id is 'Who did it; -1 is the system.';
comment on column zendesk.audit_findings.actor_name is 'Name of who did it, as the record gives it.';
comment on column zendesk.audit_findings.summary is 'What was found, in a few words.';
comment on column zendesk.audit_findings.audit_log_id is 'The record: audit_logs.id.';

create schema zendesk_fivetran;
comment on schema zendesk_fivetran is 'The audit log and the people under the names that Fivetran gives them, for the dbt package fivetran/dbt_zendesk. Columns that are always empty are not known here.';

create view zendesk_fivetran.audit_log as
select
  id,
  action,
  actor_id,
  change_description,
  created_at,
  source_id,
  source_label,
  source_type,
  synced_at as _fivetran_synced,
  account
from zendesk.audit_logs;
comment on view zendesk_fivetran.audit_log is 'The audit log as Fivetran names it.';
comment on column zendesk_fivetran.audit_log.id is 'Id of the record. Unique within an account.';
comment on column zendesk_fivetran.audit_log.action is 'Kind of change.';
comment on column zendesk_fivetran.audit_log.actor_id is 'Who made the change.';
comment on column zendesk_fivetran.audit_log.change_description is 'What changed, as Zendesk gave it.';
comment on column zendesk_fivetran.audit_log.created_at is 'When the change happened, UTC.';
comment on column zendesk_fivetran.audit_log.source_id is 'Id of the thing that was changed.';
comment on column zendesk_fivetran.audit_log.source_label is 'Name of the thing that was changed.';
comment on column zendesk_fivetran.audit_log.source_type is 'Type of the thing that was changed.';
comment on column zendesk_fivetran.audit_log._fivetran_synced is 'When the record was last written here.';
comment on column zendesk_fivetran.audit_log.account is 'Key of the Zendesk account: not a column of Fivetran.';

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
comment on view zendesk_fivetran."user" is 'The people in the logs as Fivetran names them: team members and whoever else appears there, not all end users.';
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
comment on column zendesk_fivetran."user"._fivetran_deleted is 'Always false: whoever leaves stays here; see active.';
comment on column zendesk_fivetran."user".account is 'Key of the Zendesk account: not a column of Fivetran.';
