select zendesk_sync.put_rule(
  rule => 'risky_search',
  stream => 'access_logs',
  severity => 'high',
  question => 'Who searches for card numbers, passwords and the like? The expressions are in search_patterns.',
  title => 'Risky search',
  searches => jsonb_build_object(
    'card number', '\m\d(?:[ -]?\d){12,18}\M',
    'credit card', '\m(credit[ -]?cards?|card[ -]?numbers?|cvv|cvc)\M',
    -- 15 characters at least: shorter ones are numbers of orders.
    'IBAN', '\m[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2}(?: ?[a-z0-9]{3}|(?: ?[a-z0-9]{4}){1,5}(?: ?[a-z0-9]{1,3})?)\M',
    'bank account', '\m(iban|sort code|routing number|bank account)\M',
    'password', '\m(passwords?|passwd|passwort|passphrase|mot de passe|contraseña)\M',
    'credential', '\m(api[ _-]?(key|token)s?|secret[ _-]?keys?|access[ _-]?tokens?|private[ _-]?keys?|recovery codes?)\M',
    'social security number', '\m(ssn|social security)\M|\m\d{3}-\d{2}-\d{4}\M',
    'passport', '\m(passports?|reisepass|driving licen[cs]e|driver''?s licen[cs]e)\M'
  )
);

create view zendesk_sync.finding_risky_search as
with rule as (
  select r.severity, r.title
  from zendesk.finding_rules r
  where r.rule = 'risky_search' and r.enabled
  offset 0
)
select
  r.account,
  'risky_search' as rule,
  rule.severity,
  r.timestamp as created_at,
  r.user_id as actor_id,
  concat(rule.title, ': ', p.names) as summary,
  r.access_log_id
from rule
cross join zendesk_sync.resources_by_people r
cross join lateral (
  -- Never the text of the search.
  select string_agg(p.name, ', ' order by p.name) as names from zendesk.search_patterns p where r.search_query ~* p.expression
) as p
where r.search_query is not null and p.names is not null;

select zendesk_sync.describe_findings('zendesk_sync.finding_risky_search', 'What the rule risky_search finds. Ask access_findings.');
