-- Of the columns and not of the row: a function over the type of a table cannot go where Citus spreads the table.
create or replace function zendesk.measure_of(
  measure text, requests integer, denied integer, views integer, lists integer, searches integer, exports integer, writes integer,
  secrets integer, logs integer, unclassified integer, tickets integer, users integer, resources integer, addresses integer,
  bytes_sent double precision
) returns double precision
  language sql immutable parallel safe
  return case measure
    when 'requests' then requests
    when 'denied' then denied
    when 'views' then views
    when 'lists' then lists
    when 'searches' then searches
    when 'exports' then exports
    when 'writes' then writes
    when 'secrets' then secrets
    when 'logs' then logs
    when 'unclassified' then unclassified
    when 'tickets' then tickets
    when 'users' then users
    when 'resources' then resources
    when 'addresses' then addresses
    when 'bytes_sent' then bytes_sent
  end;

comment on function zendesk.measure_of(text, integer, integer, integer, integer, integer, integer, integer, integer, integer, integer, integer, integer, integer, integer, double precision) is 'Of some columns of agent_day the one with this name; null for other names.';
