create function zendesk.path_of(url text) returns text
  language sql immutable parallel safe
  -- A logged url is no URL: Zendesk may have blanked the "?" itself.
  return split_part(translate(url, '&#', '??'), '?', 1);
comment on function zendesk.path_of(text) is 'A logged url without its query, which may hold search text.';

create function zendesk.is_own_request(client text, url text) returns boolean
  language sql immutable parallel safe
  -- Anybody can send this user agent: it counts only for what this program asks of Zendesk.
  return coalesce(
    client like 'zendesk-log-sync/%'
      and url ~ '^/(api/(v2|services)/(access_logs|audit_logs|users|users/show_many)|oauth/tokens)(\.json)?(/?($|\?)|[{[])',
    false
  );
comment on function zendesk.is_own_request(text, text) is 'Whether a request with this client and url was made by zendesk-log-sync to read the logs and the people.';

create function zendesk.network_of(address inet) returns cidr
  language sql immutable parallel safe
  return network(set_masklen(address, case family(address) when 4 then 24 else 48 end));
comment on function zendesk.network_of(inet) is 'The network an address is counted to: IPv4 /24, IPv6 /48.';

create function zendesk.client_family(client text) returns text
  language sql immutable parallel safe
  return translate(client, '0123456789.', '');
comment on function zendesk.client_family(text) is 'The user agent without its version numbers, so that an update is not another client.';

create function zendesk.is_off_hours(moment timestamp, opens time, closes time, weekend boolean) returns boolean
  language sql immutable parallel safe
  return moment::time < opens or moment::time >= closes or weekend and extract(isodow from moment) > 5;
comment on function zendesk.is_off_hours(timestamp, time, time, boolean) is 'Whether a local time lies before opening, at or after closing, or, where weekend is true, on Saturday or Sunday.';

create function zendesk.measure_of(agent_day zendesk.agent_day, measure text) returns double precision
  language sql immutable parallel safe
  return case measure
    when 'requests' then (agent_day).requests
    when 'denied' then (agent_day).denied
    when 'views' then (agent_day).views
    when 'lists' then (agent_day).lists
    when 'searches' then (agent_day).searches
    when 'exports' then (agent_day).exports
    when 'writes' then (agent_day).writes
    when 'secrets' then (agent_day).secrets
    when 'logs' then (agent_day).logs
    when 'unclassified' then (agent_day).unclassified
    when 'tickets' then (agent_day).tickets
    when 'users' then (agent_day).users
    when 'resources' then (agent_day).resources
    when 'addresses' then (agent_day).addresses
    when 'bytes_sent' then (agent_day).bytes_sent
  end;
comment on function zendesk.measure_of(zendesk.agent_day, text) is 'The column of agent_day with this name; null for other names.';

-- Requests and what they were about are put together by their key, not joined: only so does a span of time, an account or a
-- person that is asked for bound both tables. What is not asked for is not worked out.
create view zendesk.access_events as
select
  e.account,
  e.id,
  e.timestamp,
  e.user_id,
  coalesce(
    (
      select h.name from zendesk.user_history h
      where h.account = e.account and h.id = e.user_id and h.valid_from <= e.timestamp
      order by h.valid_from desc limit 1
    ),
    (select u.name from zendesk.users u where u.account = e.account and u.id = e.user_id)
  ) as user_name,
  coalesce(
    (
      select h.email from zendesk.user_history h
      where h.account = e.account and h.id = e.user_id and h.valid_from <= e.timestamp
      order by h.valid_from desc limit 1
    ),
    (select u.email from zendesk.users u where u.account = e.account and u.id = e.user_id)
  ) as user_email,
  (
    select h.role from zendesk.user_history h
    where h.account = e.account and h.id = e.user_id and h.valid_from <= e.timestamp
    order by h.valid_from desc limit 1
  ) as user_role,
  coalesce(e.kind, 'noise') as kind,
  e.resource_type,
  e.resource_id,
  e.resource_count,
  e.resources,
  e.search_query,
  e.method,
  e.path,
  e.status,
  e.status in (401, 403, 404) is true as is_denied,
  e.is_own_request
    or exists (select from zendesk.service_accounts s where s.account = e.account and s.user_id = e.user_id) as is_service_account,
  e.ip_address,
  e.client,
  e.authorization_type,
  e.screen,
  e.graphql_operation_name,
  e.graphql_operation_type,
  e.category,
  e.summary,
  e.origin_service,
  e.bytes_sent,
  e.first_synced_at,
  e.synced_at
from (
  select
    p.account,
    p.id,
    p.timestamp,
    p.user_id,
    -- Each is null in all parts of a request but one: max only finds that one.
    max(p.kind) as kind,
    max(p.resource_type) filter (where p.position = 0) as resource_type,
    max(p.resource_id) filter (where p.position = 0) as resource_id,
    count(p.resource_id)::integer as resource_count,
    coalesce(
      jsonb_agg(jsonb_build_object('type', p.resource_type, 'id', p.resource_id) order by p.position) filter (where p.resource_id is not null),
      '[]'
    ) as resources,
    max(p.search_query) as search_query,
    max(p.method) as method,
    max(zendesk.path_of(p.url)) as path,
    max(p.status) as status,
    bool_or(p.is_own_request) as is_own_request,
    max(p.ip_address) as ip_address,
    max(p.client) as client,
    max(p.authorization_type) as authorization_type,
    max(zendesk.path_of(p.referer)) as screen,
    max(p.graphql_operation_name) as graphql_operation_name,
    max(p.graphql_operation_type) as graphql_operation_type,
    max(p.category) as category,
    max(p.summary) as summary,
    max(p.origin_service) as origin_service,
    max(p.bytes_sent) as bytes_sent,
    max(p.first_synced_at) as first_synced_at,
    max(p.synced_at) as synced_at
  from (
    select
      l.account, l.id, l.timestamp, l.user_id, l.method, l.url, l.status, l.ip_address, l.client, l.authorization_type, l.referer,
      l.graphql_operation_name, l.graphql_operation_type, l.category, l.summary, l.origin_service, l.bytes_sent,
      l.first_synced_at, l.synced_at, zendesk.is_own_request(l.client, l.url) as is_own_request,
      null::smallint as position, null::text as kind, null::text collate "C" as resource_type, null::text collate "C" as resource_id,
      null::text as search_query
    from zendesk.access_logs l
    union all
    select
      r.account, r.access_log_id, r.timestamp, r.user_id, null, null, null, null, null, null, null,
      null, null, null, null, null, null,
      null, null, null,
      r.position, r.kind, r.resource_type, r.resource_id, r.search_query
    from zendesk.access_log_resources r
  ) as p
  group by p.account, p.id, p.timestamp, p.user_id
  having bool_or(p.is_own_request) is not null
) as e;
comment on view zendesk.access_events is 'The access log for reading: one row a request, with who made it and what it was about. Search text stands in search_query alone. Ask for a span of timestamp.';
comment on column zendesk.access_events.account is 'Key of the Zendesk account.';
comment on column zendesk.access_events.id is 'Id of the request: access_log_id of the other views.';
comment on column zendesk.access_events.timestamp is 'When the request happened, UTC.';
comment on column zendesk.access_events.user_id is 'The team member who made the request.';
comment on column zendesk.access_events.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_events.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_events.user_role is 'Role of that person then: admin, agent or end-user; null for times before the person was first seen here.';
comment on column zendesk.access_events.kind is 'view, list, search, export, write, secret, log, unclassified, or noise: what the user interface asks for by itself.';
comment on column zendesk.access_events.resource_type is 'Type of the resource the request is mainly about, singular.';
comment on column zendesk.access_events.resource_id is 'Id of that resource as text; null when the request names none.';
comment on column zendesk.access_events.resource_count is 'How many resources the request names.';
comment on column zendesk.access_events.resources is 'All resources the request names, as [{"type": "ticket", "id": "199"}], the main one first.';
comment on column zendesk.access_events.search_query is 'What was searched for. Personal data: only zendesk_investigator may read it.';
comment on column zendesk.access_events.method is 'HTTP method. Do not tell reads from writes by it: see kind.';
comment on column zendesk.access_events.path is 'The url without its query, which may hold search text. May hold placeholders such as {...}.';
comment on column zendesk.access_events.status is 'HTTP status of the request.';
comment on column zendesk.access_events.is_denied is 'True when it was answered with 401, 403 or 404: nothing was shown.';
comment on column zendesk.access_events.is_service_account is 'True for requests of users in service_accounts and for those of this program.';
comment on column zendesk.access_events.ip_address is 'Address the request came from.';
comment on column zendesk.access_events.client is 'User agent of the browser or program.';
comment on column zendesk.access_events.authorization_type is 'How the request was authorised: session, basic, bearer, digest. Often missing for GraphQL.';
comment on column zendesk.access_events.screen is 'The screen the request came from, such as /agent/tickets/123, without its query.';
comment on column zendesk.access_events.graphql_operation_name is 'Name of the GraphQL operation, for requests to /graphql.';
comment on column zendesk.access_events.graphql_operation_type is 'QUERY (a read) or MUTATION (a write), for requests to /graphql.';
comment on column zendesk.access_events.category is 'Area of the request in the language of the reading user. For display only.';
comment on column zendesk.access_events.summary is 'What the request did in the language of the reading user. For display only.';
comment on column zendesk.access_events.origin_service is 'The part of Zendesk that wrote the record.';
comment on column zendesk.access_events.bytes_sent is 'Size of the answer in bytes.';
comment on column zendesk.access_events.first_synced_at is 'When this request was first stored here.';
comment on column zendesk.access_events.synced_at is 'When this request was last written here.';

create view zendesk.access_searches as
select
  r.account,
  r.timestamp,
  r.access_log_id,
  r.user_id,
  coalesce(
    (
      select h.name from zendesk.user_history h
      where h.account = r.account and h.id = r.user_id and h.valid_from <= r.timestamp
      order by h.valid_from desc limit 1
    ),
    (select u.name from zendesk.users u where u.account = r.account and u.id = r.user_id)
  ) as user_name,
  coalesce(
    (
      select h.email from zendesk.user_history h
      where h.account = r.account and h.id = r.user_id and h.valid_from <= r.timestamp
      order by h.valid_from desc limit 1
    ),
    (select u.email from zendesk.users u where u.account = r.account and u.id = r.user_id)
  ) as user_email,
  r.search_query,
  r.resource_type,
  r.kind,
  r.status,
  r.status in (401, 403, 404) is true as is_denied,
  exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id) as is_service_account
from zendesk.access_log_resources r
where r.position = 0 and (r.kind = 'search' or r.search_query is not null);
comment on view zendesk.access_searches is 'What was searched for, by whom. Personal data: only zendesk_investigator may read it. Ask for a span of timestamp.';
comment on column zendesk.access_searches.account is 'Key of the Zendesk account.';
comment on column zendesk.access_searches.timestamp is 'When the search was made, UTC.';
comment on column zendesk.access_searches.access_log_id is 'The request: access_logs.id.';
comment on column zendesk.access_searches.user_id is 'Who searched.';
comment on column zendesk.access_searches.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_searches.user_email is 'E-mail address of that person then, else as it is now.';
comment on column zendesk.access_searches.search_query is 'What was searched for; null where Zendesk has blanked it.';
comment on column zendesk.access_searches.resource_type is 'What was searched among: ticket, user, article and so on; null for everything.';
comment on column zendesk.access_searches.kind is 'search; export where all that was found was exported; another kind where a list was narrowed by a text.';
comment on column zendesk.access_searches.status is 'HTTP status of the request.';
comment on column zendesk.access_searches.is_denied is 'True when it was answered with 401, 403 or 404: nothing was shown.';
comment on column zendesk.access_searches.is_service_account is 'True for users in service_accounts.';

-- Day by day, so that a visit is found within one day of one partition, whoever or whatever is asked for.
create view zendesk.access_visits as
select
  d.account,
  d.day,
  v.user_id,
  coalesce(
    (
      select h.name from zendesk.user_history h
      where h.account = d.account and h.id = v.user_id and h.valid_from <= v.first_at
      order by h.valid_from desc limit 1
    ),
    (select u.name from zendesk.users u where u.account = d.account and u.id = v.user_id)
  ) as user_name,
  v.resource_type,
  v.resource_id,
  v.is_denied,
  v.is_own_visit
    or exists (select from zendesk.service_accounts s where s.account = d.account and s.user_id = v.user_id) as is_service_account,
  v.first_at,
  v.last_at,
  v.requests,
  v.kinds,
  v.ip_addresses,
  v.access_log_id
from (
  select a.account, a.day from zendesk.agent_day a
  union
  -- Days whose rollups are still to be made.
  select t.account, t.day from zendesk_sync.stale_days t where t.stream = 'access_logs'
) as d
cross join lateral (
  select
    n.user_id,
    n.resource_type,
    n.resource_id,
    n.is_denied,
    min(n.timestamp) as first_at,
    max(n.timestamp) as last_at,
    bool_and(n.is_own_request) as is_own_visit,
    count(distinct n.access_log_id)::integer as requests,
    array_agg(distinct n.kind) as kinds,
    array_agg(distinct n.ip_address) filter (where n.ip_address is not null) as ip_addresses,
    (array_agg(n.access_log_id order by n.timestamp, n.access_log_id))[1] as access_log_id
  from (
    select
      g.*,
      count(*) filter (where g.gap is null or g.gap > interval '30 minutes') over (
        partition by g.user_id, g.resource_type, g.resource_id, g.is_denied order by g.timestamp, g.access_log_id
      ) as visit
    from (
      select
        r.user_id,
        r.resource_type,
        r.resource_id,
        r.status in (401, 403, 404) is true as is_denied,
        r.timestamp,
        r.access_log_id,
        r.kind,
        l.ip_address,
        zendesk.is_own_request(l.client, l.url) as is_own_request,
        r.timestamp - lag(r.timestamp) over (
          partition by r.user_id, r.resource_type, r.resource_id, r.status in (401, 403, 404) is true order by r.timestamp, r.access_log_id
        ) as gap
      from zendesk.access_log_resources r
      left join zendesk.access_logs l
        on l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
        and l.timestamp >= d.day::timestamp at time zone 'UTC' and l.timestamp < (d.day + 1)::timestamp at time zone 'UTC'
      where r.account = d.account and r.resource_id is not null
        and r.timestamp >= d.day::timestamp at time zone 'UTC' and r.timestamp < (d.day + 1)::timestamp at time zone 'UTC'
    ) as g
  ) as n
  group by n.user_id, n.resource_type, n.resource_id, n.is_denied, n.visit
) as v;
comment on view zendesk.access_visits is 'Who looked at what, requests put together to visits: a visit ends when the person leaves the resource alone for more than 30 minutes, and at midnight UTC. Ask for a span of day, or for a resource.';
comment on column zendesk.access_visits.account is 'Key of the Zendesk account.';
comment on column zendesk.access_visits.day is 'The day of the visit, UTC. Name a span of it: the times alone would have all days read.';
comment on column zendesk.access_visits.user_id is 'Who visited.';
comment on column zendesk.access_visits.user_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_visits.resource_type is 'Type of the resource, singular.';
comment on column zendesk.access_visits.resource_id is 'Id of the resource as text.';
comment on column zendesk.access_visits.is_denied is 'True for visits where everything was answered with 401, 403 or 404; they are apart from those where something was shown.';
comment on column zendesk.access_visits.is_service_account is 'True for visits of users in service_accounts and for those of this program.';
comment on column zendesk.access_visits.first_at is 'First request of the visit.';
comment on column zendesk.access_visits.last_at is 'Last request of the visit.';
comment on column zendesk.access_visits.requests is 'Number of requests.';
comment on column zendesk.access_visits.kinds is 'Kinds of the requests: view, write and so on.';
comment on column zendesk.access_visits.ip_addresses is 'Addresses the requests came from.';
comment on column zendesk.access_visits.access_log_id is 'The first request: access_logs.id, with first_at as its timestamp.';

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

create view zendesk.access_by_people as
select
  l.account,
  l.timestamp,
  l.id,
  l.user_id,
  l.ip_address,
  l.client,
  l.status,
  l.method,
  l.authorization_type,
  concat_ws(' ', zendesk.path_of(l.url), l.graphql_operation_name) as request
from zendesk.access_logs l
where l.user_id > 0
  and not zendesk.is_own_request(l.client, l.url)
  and not exists (select from zendesk.service_accounts s where s.account = l.account and s.user_id = l.user_id);
comment on view zendesk.access_by_people is 'Requests of the access log without those of programs: what the findings about people look at.';
comment on column zendesk.access_by_people.account is 'Key of the Zendesk account.';
comment on column zendesk.access_by_people.timestamp is 'When the request happened, UTC.';
comment on column zendesk.access_by_people.id is 'Id of the request.';
comment on column zendesk.access_by_people.user_id is 'Who made it.';
comment on column zendesk.access_by_people.ip_address is 'Address it came from.';
comment on column zendesk.access_by_people.client is 'User agent of the browser or program.';
comment on column zendesk.access_by_people.status is 'HTTP status.';
comment on column zendesk.access_by_people.method is 'HTTP method.';
comment on column zendesk.access_by_people.authorization_type is 'How it was authorised.';
comment on column zendesk.access_by_people.request is 'The url without its query, and the name of the GraphQL operation if there is one.';

insert into zendesk.finding_rules (rule, stream, severity, question, title, parameters) values
  ('resource_outlier', 'access_logs', 'high', 'Who looks at far more than usual? Another rule with "measure", the name of a column of agent_day, looks at that.', 'Unusually many resources', '{"measure": "resources", "minimum": 50, "z": 6, "floor": 1, "days": 28, "least_days": 14}'),
  ('search_outlier', 'access_logs', 'medium', 'Who searches far more than usual?', 'Unusually many searches', '{"measure": "searches", "minimum": 50, "z": 6, "floor": 1, "days": 28, "least_days": 14}'),
  ('bytes_outlier', 'access_logs', 'medium', 'Who is sent far more than usual?', 'Unusually many bytes', '{"measure": "bytes_sent", "minimum": 100000000, "z": 6, "floor": 1000000, "days": 28, "least_days": 14}'),
  ('off_hours_access', 'access_logs', 'low', 'Who works at night or at the weekend? What matches "ignore" is asked for by an open browser tab too.', 'Access off hours', '{"from": "07:00", "until": "20:00", "weekend": true, "time_zone": "UTC", "minutes": 60, "kinds": ["view", "search", "export", "write", "secret", "log"], "ignore": "/(users/me|assignables|bookmarks|job_statuses|locales|push_notification_devices|skips)(/|\\.|$)|^/graphql (currentUser|me|viewer)$"}'),
  ('new_network', 'access_logs', 'low', 'Does somebody work from a network (IPv4 /24, IPv6 /48) never seen of them?', 'First access from this network', '{"learning_days": 14}'),
  ('new_client', 'access_logs', 'low', 'Does somebody use a browser or program never seen of them, its version aside?', 'First access with this client', '{"learning_days": 14}'),
  ('two_networks', 'access_logs', 'medium', 'Is somebody in two networks at once?', 'Two networks at once', '{"minutes": 10}'),
  ('watchlist_access', 'access_logs', 'high', 'Who looks at what is on the list watchlist?', 'Watched resource accessed', '{"minutes": 30}'),
  ('risky_search', 'access_logs', 'high', 'Who searches for card numbers, passwords and the like? The expressions are in search_patterns.', 'Risky search', '{}'),
  ('search_then_open', 'access_logs', 'medium', 'Who opens many things after one search?', 'Many resources opened after a search', '{"count": 20, "minutes": 10}'),
  ('data_export', 'access_logs', 'medium', 'Who exports?', 'Data exported', '{"kind": "export", "minutes": 30}'),
  ('bulk_read', 'access_logs', 'low', 'Who reads many resources by one request?', 'Many resources in one request', '{"count": 50, "kinds": ["view", "list", "search"]}'),
  ('enumeration', 'access_logs', 'high', 'Who opens one id after the other? Full blocks are found: 40 to 59 where the block is 20.', 'Ids opened one after the other', '{"block": 20, "minutes": 5, "types": ["ticket", "user", "organization"]}'),
  ('api_access', 'access_logs', 'low', 'Who lets programs work in their name? Programs that may belong to service_accounts.', 'API used in the name of a person', '{"types": ["basic", "bearer"], "hours": 24}'),
  ('denied_burst', 'access_logs', 'medium', 'Who is refused again and again?', 'Many requests denied', '{"count": 20, "minutes": 10}'),
  ('leaver_access', 'access_logs', 'high', 'Who still has access after being suspended, deleted or losing the role?', 'Access after leaving', '{"minutes": 30}'),
  ('secret_access', 'access_logs', 'high', 'Who reads or changes credentials and recovery codes?', 'Credential read or changed', '{"kind": "secret", "minutes": 30}'),
  ('log_access', 'access_logs', 'info', 'Who reads the logs?', 'Log read', '{"kind": "log", "minutes": 30}');

insert into zendesk.search_patterns (name, expression) values
  ('card number', '\m\d(?:[ -]?\d){12,18}\M'),
  ('credit card', '\m(credit[ -]?cards?|card[ -]?numbers?|cvv|cvc)\M'),
  -- 15 characters at least: shorter ones are numbers of orders.
  ('IBAN', '\m[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2}(?: ?[a-z0-9]{3}|(?: ?[a-z0-9]{4}){1,5}(?: ?[a-z0-9]{1,3})?)\M'),
  ('bank account', '\m(iban|sort code|routing number|bank account)\M'),
  ('password', '\m(passwords?|passwd|passwort|passphrase|mot de passe|contraseña)\M'),
  ('credential', '\m(api[ _-]?(key|token)s?|secret[ _-]?keys?|access[ _-]?tokens?|private[ _-]?keys?|recovery codes?)\M'),
  ('social security number', '\m(ssn|social security)\M|\m\d{3}-\d{2}-\d{4}\M'),
  ('passport', '\m(passports?|reisepass|driving licen[cs]e|driver''?s licen[cs]e)\M');

-- A time that is asked for bounds the requests a branch starts from; whatever else it needs it looks up through an index, from
-- there on backwards. "offset 0" keeps such look-ups from being made into joins over everything. The exception: how much is
-- usual is told by agent_day, which is small.
create view zendesk.access_findings as
select
  found.account,
  found.rule,
  found.severity,
  found.created_at,
  found.actor_id,
  coalesce(
    (
      select h.name from zendesk.user_history h
      where h.account = found.account and h.id = found.actor_id and h.valid_from <= found.created_at
      order by h.valid_from desc limit 1
    ),
    (select u.name from zendesk.users u where u.account = found.account and u.id = found.actor_id)
  ) as actor_name,
  found.summary,
  found.access_log_id
from (
  select
    o.account,
    o.rule,
    o.severity,
    o.last_at as created_at,
    o.user_id as actor_id,
    concat(o.title, ': ', round(o.value), ' on ', o.day, ', usually ', round(o.median)) as summary,
    (
      select l.id from zendesk.access_logs l
      where l.account = o.account and l.user_id = o.user_id and l.timestamp = o.last_at
      order by l.id desc limit 1
    ) as access_log_id
  from (
    select
      d.account, d.day, d.user_id, d.last_at, f.rule, f.severity, f.title, f.z, f.floor, d.value,
      percentile_cont(0.5) within group (order by usual.value) as median,
      array_agg(usual.value) as usual
    from (
      select
        r.rule,
        r.severity,
        r.title,
        r.parameters ->> 'measure' as measure,
        (r.parameters ->> 'minimum')::double precision as minimum,
        (r.parameters ->> 'z')::double precision as z,
        (r.parameters ->> 'floor')::double precision as floor,
        (r.parameters ->> 'days')::integer as days,
        (r.parameters ->> 'least_days')::integer as least_days
      from zendesk.finding_rules r
      where r.stream = 'access_logs' and r.parameters ? 'measure' and r.enabled
    ) as f
    cross join lateral (
      select a.account, a.day, a.user_id, a.last_at, zendesk.measure_of(a, f.measure) as value
      from zendesk.agent_day a
      where a.user_id > 0
        -- A day of reading logs is that of a program such as this one.
        and a.logs * 2 <= a.requests
        and not exists (select from zendesk.service_accounts s where s.account = a.account and s.user_id = a.user_id)
    ) as d
    cross join lateral (
      select zendesk.measure_of(b, f.measure) as value
      from zendesk.agent_day b
      where b.account = d.account and b.user_id = d.user_id and b.day < d.day and b.day >= d.day - f.days
    ) as usual
    where d.value >= f.minimum
    group by d.account, d.day, d.user_id, d.last_at, d.value, f.rule, f.severity, f.title, f.z, f.floor, f.least_days
    having count(*) >= f.least_days
  ) as o
  where o.value - o.median > o.z * greatest(
    o.floor,
    1.4826 * (select percentile_cont(0.5) within group (order by abs(x - o.median)) from unnest(o.usual) as x)
  )

  union all
  select l.account, 'off_hours_access', f.severity, l.timestamp, l.user_id,
    concat(f.title, ': ', to_char(clock.local, 'FMDay HH24:MI')), l.id
  from (
    select
      r.severity,
      r.title,
      (r.parameters ->> 'from')::time as opens,
      (r.parameters ->> 'until')::time as closes,
      (r.parameters ->> 'weekend')::boolean as weekend,
      r.parameters ->> 'time_zone' as time_zone,
      make_interval(mins => (r.parameters ->> 'minutes')::integer) as pause,
      r.parameters -> 'kinds' as kinds,
      r.parameters ->> 'ignore' as ignore
    from zendesk.finding_rules r
    where r.rule = 'off_hours_access' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_by_people l
  left join zendesk.users u on u.account = l.account and u.id = l.user_id
  cross join lateral (
    -- A zone that this server does not know would end the query with an error.
    select case
      when u.iana_time_zone in (select z.name from pg_timezone_names z) then u.iana_time_zone
      else f.time_zone
    end as zone offset 0
  ) as place
  cross join lateral (select l.timestamp at time zone place.zone as local offset 0) as clock
  where case
    when not zendesk.is_off_hours(clock.local, f.opens, f.closes, f.weekend) then false
    when l.request ~ f.ignore then false
    -- The first of a stretch, with which the person really does something.
    else not exists (
        select from zendesk.access_by_people b
        where b.account = l.account and b.user_id = l.user_id
          and b.timestamp > l.timestamp - f.pause and b.timestamp <= l.timestamp
          and (b.timestamp < l.timestamp or b.id < l.id)
          and zendesk.is_off_hours(b.timestamp at time zone place.zone, f.opens, f.closes, f.weekend)
          and b.request !~ f.ignore
        offset 0
      )
      and exists (
        select from zendesk.access_log_resources r
        where r.account = l.account and r.user_id = l.user_id
          and r.timestamp >= l.timestamp and r.timestamp < l.timestamp + f.pause
          and f.kinds ? r.kind
        offset 0
      )
  end

  union all
  select l.account, 'new_network', f.severity, l.timestamp, l.user_id,
    concat(f.title, ': ', zendesk.network_of(l.ip_address)), l.id
  from (
    select r.severity, r.title, make_interval(days => (r.parameters ->> 'learning_days')::integer) as learning
    from zendesk.finding_rules r
    where r.rule = 'new_network' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_by_people l
  left join zendesk.agent_day d
    on d.account = l.account and d.user_id = l.user_id and d.day = (l.timestamp at time zone 'UTC')::date
  where l.ip_address is not null
    and case
      -- Not the first of a day on which the person had one address; the rollup may be older than the request.
      when d.addresses = 1 and l.timestamp > d.first_at and l.timestamp <= d.last_at then false
      when exists (
        select from zendesk.access_logs b
        where b.account = l.account and b.user_id = l.user_id
          and b.timestamp <= l.timestamp and (b.timestamp < l.timestamp or b.id < l.id)
          -- Quicker where they are the same.
          and (b.ip_address = l.ip_address or zendesk.network_of(b.ip_address) = zendesk.network_of(l.ip_address))
        -- Mostly it is the one before.
        order by b.timestamp desc
        offset 0
      ) then false
      else l.timestamp >= f.learning + (
        select min(b.timestamp) from zendesk.access_logs b where b.account = l.account and b.user_id = l.user_id
      )
    end

  union all
  select l.account, 'new_client', f.severity, l.timestamp, l.user_id, concat(f.title, ': ', left(l.client, 200)), l.id
  from (
    select r.severity, r.title, make_interval(days => (r.parameters ->> 'learning_days')::integer) as learning
    from zendesk.finding_rules r
    where r.rule = 'new_client' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_by_people l
  where l.client is not null
    and case
      when exists (
        select from zendesk.access_logs b
        where b.account = l.account and b.user_id = l.user_id
          and b.timestamp <= l.timestamp and (b.timestamp < l.timestamp or b.id < l.id)
          and (b.client = l.client or zendesk.client_family(b.client) = zendesk.client_family(l.client))
        order by b.timestamp desc
        offset 0
      ) then false
      else l.timestamp >= f.learning + (
        select min(b.timestamp) from zendesk.access_logs b where b.account = l.account and b.user_id = l.user_id
      )
    end

  union all
  select l.account, 'two_networks', f.severity, l.timestamp, l.user_id,
    concat(f.title, ': ', zendesk.network_of(l.ip_address), ', ', zendesk.network_of(before.ip_address), ' until ',
      extract(epoch from l.timestamp - before.timestamp)::integer, ' seconds before'), l.id
  from (
    select r.severity, r.title, make_interval(mins => (r.parameters ->> 'minutes')::integer) as span
    from zendesk.finding_rules r
    where r.rule = 'two_networks' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_by_people l
  left join zendesk.agent_day d
    on d.account = l.account and d.user_id = l.user_id and d.day = (l.timestamp at time zone 'UTC')::date
  cross join lateral (
    select b.ip_address, b.timestamp from zendesk.access_logs b
    where b.account = l.account and b.user_id = l.user_id and not zendesk.is_own_request(b.client, b.url)
      and b.timestamp >= l.timestamp - f.span and b.timestamp <= l.timestamp
      and (b.timestamp < l.timestamp or b.id < l.id)
      -- A browser may use IPv4 and IPv6 in turn.
      and family(b.ip_address) = family(l.ip_address)
      -- Nothing to look for where the person had one address that day; the rollup may be older than the request.
      and not (d.addresses = 1 and l.timestamp - f.span >= d.first_at and l.timestamp <= d.last_at) is true
    order by b.timestamp desc, b.id desc limit 1
  ) as before
  where case
    when zendesk.network_of(before.ip_address) = zendesk.network_of(l.ip_address) then false
    else not exists (
      select from zendesk.access_logs b
      where b.account = l.account and b.user_id = l.user_id and not zendesk.is_own_request(b.client, b.url)
        and b.timestamp >= l.timestamp - f.span and b.timestamp <= l.timestamp
        and (b.timestamp < l.timestamp or b.id < l.id)
        and zendesk.network_of(b.ip_address) = zendesk.network_of(l.ip_address)
      offset 0
    )
  end

  union all
  select r.account, 'watchlist_access', f.severity, r.timestamp, r.user_id,
    concat(f.title, ': ', w.resource_type, ' ', w.resource_id, ', ' || w.note,
      case when r.status in (401, 403, 404) then ', denied' end), r.access_log_id
  from (
    select r.severity, r.title, make_interval(mins => (r.parameters ->> 'minutes')::integer) as pause
    from zendesk.finding_rules r
    where r.rule = 'watchlist_access' and r.enabled
    offset 0
  ) as f
  cross join zendesk.watchlist w
  join zendesk.access_log_resources r
    on r.account = w.account and r.resource_type = w.resource_type and r.resource_id = w.resource_id
  where not exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id)
    and not exists (
      select from zendesk.access_logs l
      where l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id and zendesk.is_own_request(l.client, l.url)
      offset 0
    )
    -- The first of a visit.
    and not exists (
      select from zendesk.access_log_resources b
      where b.account = r.account and b.resource_type = r.resource_type and b.resource_id = r.resource_id
        and b.user_id is not distinct from r.user_id
        and b.timestamp >= r.timestamp - f.pause and b.timestamp <= r.timestamp
        and (b.timestamp < r.timestamp or b.access_log_id < r.access_log_id or b.access_log_id = r.access_log_id and b.position < r.position)
        and b.status in (401, 403, 404) is true = r.status in (401, 403, 404) is true
        and not exists (
          select from zendesk.access_logs l
          where l.account = b.account and l.timestamp = b.timestamp and l.id = b.access_log_id and zendesk.is_own_request(l.client, l.url)
          offset 0
        )
      offset 0
    )

  union all
  select r.account, 'risky_search', f.severity, r.timestamp, r.user_id, concat(f.title, ': ', p.names), r.access_log_id
  from (select r.severity, r.title from zendesk.finding_rules r where r.rule = 'risky_search' and r.enabled offset 0) as f
  cross join zendesk.access_log_resources r
  cross join lateral (
    -- Never the text of the search.
    select string_agg(p.name, ', ' order by p.name) as names from zendesk.search_patterns p where r.search_query ~* p.expression
  ) as p
  where r.search_query is not null and p.names is not null
    and not exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id)

  union all
  select r.account, 'search_then_open', f.severity, r.timestamp, r.user_id,
    concat(f.title, ': ', opened.resources, ' within ', f.minutes, ' minutes'), r.access_log_id
  from (
    select r.severity, r.title, (r.parameters ->> 'count')::integer as count, (r.parameters ->> 'minutes')::integer as minutes
    from zendesk.finding_rules r
    where r.rule = 'search_then_open' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_log_resources r
  cross join lateral (
    -- Whoever makes fewer requests cannot have opened that many.
    select case when exists (
      select from zendesk.access_logs l
      where l.account = r.account and l.user_id = r.user_id
        and l.timestamp >= r.timestamp and l.timestamp < r.timestamp + make_interval(mins => f.minutes)
      offset f.count
    ) then (
      select count(distinct (o.resource_type, o.resource_id))
      from (
        select b.kind, b.resource_type, b.resource_id,
          -- What comes after the next search belongs to that, which may be the same one with a letter more.
          count(*) filter (where b.kind = 'search') over (order by b.timestamp, b.access_log_id) as searches
        from zendesk.access_log_resources b
        where b.account = r.account and b.user_id = r.user_id and b.position = 0
          and b.timestamp >= r.timestamp and b.timestamp < r.timestamp + make_interval(mins => f.minutes)
          and (b.timestamp > r.timestamp or b.access_log_id > r.access_log_id)
          and b.status in (401, 403, 404) is not true
      ) as o
      where o.searches = 0 and o.kind = 'view' and o.resource_id is not null
    ) end as resources
    offset 0
  ) as opened
  where r.kind = 'search' and r.position = 0 and opened.resources > f.count
    and not exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id)

  union all
  select r.account, f.rule, f.severity, r.timestamp, r.user_id,
    concat(f.title, ': ' || nullif(concat_ws(' ', r.resource_type, r.resource_id), ''), case when r.status in (401, 403, 404) then ', denied' end),
    r.access_log_id
  from (
    select r.rule, r.severity, r.title, r.parameters ->> 'kind' as kind, make_interval(mins => (r.parameters ->> 'minutes')::integer) as pause
    from zendesk.finding_rules r
    where r.rule in ('data_export', 'secret_access', 'log_access') and r.enabled
  ) as f
  join zendesk.access_log_resources r on r.kind = f.kind
  cross join lateral (
    select l.client, l.method, l.url from zendesk.access_logs l
    where l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
    offset 0
  ) as l
  where r.position = 0
    and not exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id)
    and case
      when zendesk.is_own_request(l.client, l.url) then false
      -- The first of its pages.
      else not exists (
        select from zendesk.access_logs b
        where b.account = r.account and b.user_id = r.user_id
          and b.timestamp >= r.timestamp - f.pause and b.timestamp <= r.timestamp
          and (b.timestamp < r.timestamp or b.id < r.access_log_id)
          and b.method = l.method and zendesk.path_of(b.url) = zendesk.path_of(l.url)
          and b.status in (401, 403, 404) is true = r.status in (401, 403, 404) is true
          and not zendesk.is_own_request(b.client, b.url)
        offset 0
      )
    end

  union all
  select r.account, 'bulk_read', f.severity, r.timestamp, r.user_id,
    concat(f.title, ': more than ', f.count, ', the last counted: ', r.resource_type, ' ', r.resource_id), r.access_log_id
  from (
    select r.severity, r.title, (r.parameters ->> 'count')::integer as count, r.parameters -> 'kinds' as kinds
    from zendesk.finding_rules r
    where r.rule = 'bulk_read' and r.enabled
    offset 0
  ) as f
  -- Positions count from 0: a request has this one only if it names more.
  join zendesk.access_log_resources r on r.position = f.count and f.kinds ? r.kind
  where r.status in (401, 403, 404) is not true
    and not exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id)
    and not exists (
      select from zendesk.access_logs l
      where l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id and zendesk.is_own_request(l.client, l.url)
      offset 0
    )

  union all
  select r.account, 'enumeration', f.severity, r.timestamp, r.user_id,
    concat(f.title, ': ', r.resource_type, ' ', r.resource_id::bigint - f.block + 1, ' to ', r.resource_id), r.access_log_id
  from (
    select
      r.severity,
      r.title,
      (r.parameters ->> 'block')::integer as block,
      make_interval(mins => (r.parameters ->> 'minutes')::integer) as span,
      r.parameters -> 'types' as types
    from zendesk.finding_rules r
    where r.rule = 'enumeration' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_log_resources r
  where r.kind = 'view' and r.position = 0
    and not exists (select from zendesk.service_accounts s where s.account = r.account and s.user_id = r.user_id)
    and case
      when not f.types ? r.resource_type or r.resource_id !~ '^[1-9]\d{0,17}$' then false
      -- Only the last id of a block is looked at, the first time it is opened.
      when (r.resource_id::bigint + 1) % f.block <> 0 then false
      when exists (
        select from zendesk.access_log_resources b
        where b.account = r.account and b.resource_id = r.resource_id and b.resource_type = r.resource_type and b.user_id = r.user_id
          and b.timestamp >= r.timestamp - f.span and b.timestamp <= r.timestamp
          and (b.timestamp < r.timestamp or b.access_log_id < r.access_log_id) and b.position = 0
        offset 0
      ) then false
      else not exists (
        select from generate_series(1, f.block - 1) as back
        where not exists (
          select from zendesk.access_log_resources b
          where b.account = r.account and b.resource_id = (r.resource_id::bigint - back)::text and b.resource_type = r.resource_type
            and b.user_id = r.user_id and b.timestamp >= r.timestamp - f.span and b.timestamp <= r.timestamp + f.span and b.position = 0
          offset 0
        )
        offset 0
      )
    end

  union all
  select l.account, 'api_access', f.severity, l.timestamp, l.user_id,
    concat(f.title, ': ', l.authorization_type, ', ' || left(l.client, 200)), l.id
  from (
    select r.severity, r.title, r.parameters -> 'types' as types, make_interval(hours => (r.parameters ->> 'hours')::integer) as pause
    from zendesk.finding_rules r
    where r.rule = 'api_access' and r.enabled
    offset 0
  ) as f
  join zendesk.access_by_people l on f.types ? l.authorization_type
  where l.status in (401, 403, 404) is not true
    and not exists (
      select from zendesk.access_logs b
      where b.account = l.account and b.user_id = l.user_id
        and b.timestamp >= l.timestamp - f.pause and b.timestamp <= l.timestamp
        and (b.timestamp < l.timestamp or b.id < l.id)
        and f.types ? b.authorization_type and b.status in (401, 403, 404) is not true
        and not zendesk.is_own_request(b.client, b.url)
      -- Mostly it is the one before.
      order by b.timestamp desc
      offset 0
    )

  union all
  select l.account, 'denied_burst', f.severity, l.timestamp, l.user_id,
    concat(f.title, ': ', f.count, ' within ', f.minutes, ' minutes'), l.id
  from (
    select r.severity, r.title, (r.parameters ->> 'count')::integer as count, (r.parameters ->> 'minutes')::integer as minutes
    from zendesk.finding_rules r
    where r.rule = 'denied_burst' and r.enabled
    offset 0
  ) as f
  cross join zendesk.access_by_people l
  where l.status in (401, 403, 404)
    -- The one that reaches the threshold, not those after it.
    and f.count = (
      select count(*)
      from (
        select from zendesk.access_logs b
        where b.account = l.account and b.user_id = l.user_id and b.status in (401, 403, 404)
          and b.timestamp > l.timestamp - make_interval(mins => f.minutes) and b.timestamp <= l.timestamp
          and (b.timestamp < l.timestamp or b.id <= l.id)
          and not zendesk.is_own_request(b.client, b.url)
        limit f.count + 1
      ) as recent
    )

  union all
  select l.account, 'leaver_access', f.severity, l.timestamp, l.user_id,
    concat(f.title, ': ', gone.how, ' since ', to_char(gone.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), ' UTC'), l.id
  from (
    select r.severity, r.title, make_interval(mins => (r.parameters ->> 'minutes')::integer) as pause
    from zendesk.finding_rules r
    where r.rule = 'leaver_access' and r.enabled
    offset 0
  ) as f
  cross join (select distinct g.account, g.user_id from zendesk.leavers g) as leaver
  join zendesk.access_by_people l on l.account = leaver.account and l.user_id = leaver.user_id
  cross join lateral (
    select g.how, g.since from zendesk.leavers g
    where g.account = l.account and g.user_id = l.user_id and g.since < l.timestamp and g.until > l.timestamp
    order by g.since, g.how limit 1
  ) as gone
  where l.status in (401, 403, 404) is not true
    -- The first of a visit.
    and not exists (
      select from zendesk.access_logs b
      where b.account = l.account and b.user_id = l.user_id
        and b.timestamp >= l.timestamp - f.pause and b.timestamp <= l.timestamp and b.timestamp > gone.since
        and (b.timestamp < l.timestamp or b.id < l.id)
        and b.status in (401, 403, 404) is not true
        and not zendesk.is_own_request(b.client, b.url)
      offset 0
    )
) as found;
comment on view zendesk.access_findings is 'What the rules found in the access log: one row for each enabled rule and request, or visit, or day. Never holds the text of a search. Ask for a span of created_at.';
comment on column zendesk.access_findings.account is 'Key of the Zendesk account.';
comment on column zendesk.access_findings.rule is 'The rule: finding_rules.rule.';
comment on column zendesk.access_findings.severity is 'high, medium, low or info.';
comment on column zendesk.access_findings.created_at is 'When it happened, UTC; for findings about a whole day the last request of that day.';
comment on column zendesk.access_findings.actor_id is 'Who did it.';
comment on column zendesk.access_findings.actor_name is 'Name of that person then, else as it is now.';
comment on column zendesk.access_findings.summary is 'What was found, in a few words.';
comment on column zendesk.access_findings.access_log_id is 'The request: access_logs.id, with created_at as its timestamp.';
