create or replace function zendesk.network_of(address inet) returns cidr
  language sql immutable parallel safe
  return network(set_masklen(address, case family(address) when 4 then 24 else 48 end));

comment on function zendesk.network_of(inet) is 'The network an address is counted to: IPv4 /24, IPv6 /48.';
