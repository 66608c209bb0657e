create or replace function zendesk.measure_of(agent_day zendesk.agent_day, measure text) returns double precision
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
