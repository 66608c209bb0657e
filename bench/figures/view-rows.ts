import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper, findingsTable } from '../../src/database/partitions.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

const days = 90;
const dayMs = 86_400_000;
const people = 1000;

/**
 * Fills the tables by Postgres alone, with what queries meet: a thousand people, most of them with an address of their own
 * and some behind a common one, a few tickets that everybody opens, one finding for each hundred requests, and a change for
 * each fifty. Ten million requests take some minutes.
 */
export async function fillViews(db: Database, requests: number): Promise<void> {
  const [stored] = await db.query<{ any: boolean }>(
    'select exists (select from zendesk.access_logs) as any',
  );
  if (stored?.any === true) return;
  const now = Date.now();
  const ensure = createPartitionKeeper(db);
  const moments = Array.from({ length: days + 1 }, (_, back) => now - back * dayMs);
  for (const table of [accessLogs.table, auditLogs.table, findingsTable])
    await ensure(table, moments);
  const first = now - days * dayMs;
  const step = (days * dayMs) / requests;
  await storePeople(db, first);
  await db.transaction(async (tx) => {
    for (let from = 0; from < requests; from += 1e6)
      for (const statement of [requestsOf, resourcesOf])
        await tx.query(statement, [
          first / 1000,
          step / 1000,
          from,
          Math.min(from + 1e6, requests) - 1,
        ]);
  }, 1_800_000);
  await db.query(changes, [first / 1000, (step * 50) / 1000, Math.ceil(requests / 50)]);
  await db.query(findings, [first / 1000, (step * 100) / 1000, Math.ceil(requests / 100)]);
  await db.query('vacuum (analyze)');
  await db.query(
    `insert into zendesk_sync.stale_days (account, stream, day)
     select 'acme', stream, day from unnest(array['access_logs', 'audit_logs']) as stream,
       generate_series(to_timestamp($1::float8)::date, to_timestamp($2::float8)::date, '1 day') as day on conflict do nothing`,
    [first / 1000, now / 1000],
  );
  await refreshRollups(db, 'acme', [auditLogs, accessLogs]);
  await db.query('vacuum (analyze)');
}

async function storePeople(db: Database, firstMs: number): Promise<void> {
  await db.query(
    `with person as (select n, 'Agent ' || n as name, 'agent' || n || '@example.com' as email from generate_series(1, $1::integer) as n),
     present as (
       insert into zendesk.users (account, id, name, email, role, active, suspended, team_member, iana_time_zone, valid_from)
       select 'acme', n, name, email, 'agent', true, false, true, 'UTC', to_timestamp($2::float8) from person
     )
     insert into zendesk.user_history (account, id, valid_from, name, email, role, active, suspended, team_member)
     select 'acme', n, to_timestamp($2::float8), name, email, 'agent', true, false, true from person`,
    [people, firstMs / 1000],
  );
}

/** The n-th request: who, when, from where. Multiplied by primes, so that nothing comes in turn. */
const base = `select 'acme' as account, upper(lpad(to_hex(n), 26, '0')) as id,
    date_trunc('second', to_timestamp($1::float8 + n * $2::float8)) as timestamp,
    1 + (n * 7919 + n / 1000) % ${people} as user_id, n
  from generate_series($3::bigint, $4::bigint) as n`;

const requestsOf = `insert into zendesk.access_logs (account, id, timestamp, user_id, ip_address, method, status, url, origin_service,
    authorization_type, client, referer, category, summary, bytes_sent)
  select b.account, b.id, b.timestamp, b.user_id,
    case when n % 10 = 0 then inet '203.0.113.9' else inet '10.0.0.0' + b.user_id end,
    'GET', case when n % 97 = 0 then 403 else 200 end, '/api/v2/tickets/' || n % 100000 || '.json?include=users', 'Support', 'session',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0', '/agent/tickets/' || n % 1000,
    'Tickets', 'Viewed ticket', 900 + n % 1000
  from (${base}) as b`;

const resourcesOf = `insert into zendesk.access_log_resources (account, timestamp, access_log_id, position, kind, resource_type, resource_id,
    user_id, status, search_query)
  select b.account, b.timestamp, b.id, p.position,
    case when n % 20 = 1 then 'search' when n % 20 = 2 then 'list' when n % 20 = 3 then 'write' when n % 2000 = 4 then 'export' else 'view' end,
    case when n % 20 <> 1 then case when n % 20 = 5 then 'user' else 'ticket' end end,
    case when n % 20 not in (1, 2) then (1 + (100000 * ((n * 104729) % 100003 / 100003.0) ^ 3)::bigint + p.position)::text end,
    b.user_id, case when n % 97 = 0 then 403 else 200 end, case when n % 20 = 1 then 'order ' || n % 5000 end
  from (${base}) as b
  cross join lateral generate_series(0, case when n % 10 = 0 then 1 else 0 end) as p (position)
  where n % 20 <> 0`;

const changes = `insert into zendesk.audit_logs (account, id, created_at, action, action_label, actor_id, actor_name, change_description,
    ip_address, source_id, source_label, source_type, url)
  select 'acme', n, date_trunc('second', to_timestamp($1::float8 + n * $2::float8)), case when n % 4 = 0 then 'login' else 'update' end,
    'Updated', 1 + n * 7919 % ${people}, 'Agent ' || 1 + n * 7919 % ${people}, 'Changed from ' || n || ' minutes to ' || n + 10 || ' minutes',
    inet '10.0.0.0' + (1 + n * 7919 % ${people}), n % 5000, 'Setting: Number ' || n % 5000,
    case when n % 4 = 0 then 'user' else 'account_setting' end, '/api/v2/audit_logs/' || n
  from generate_series(1, $3::bigint) as n`;

const findings = `insert into zendesk.findings (finding, account, stream, rule, rule_version, severity, created_at, first_at, last_at,
    actor_id, actor_name, summary, record_id, evidence)
  select to_hex(n), 'acme', f.stream, f.rule, 1, f.severity, f.at, f.at, f.at, 1 + n * 7919 % ${people},
    'Agent ' || 1 + n * 7919 % ${people}, f.title || ': ' || n, n::text, '[]'
  from generate_series(1, $3::bigint) as n
  join lateral (
    select r.*, to_timestamp($1::float8 + n * $2::float8) as at
    from (select stream, rule, severity, title, row_number() over (order by rule) - 1 as number, count(*) over () as rules from zendesk.finding_rules) as r
    where r.number = n % r.rules
  ) as f on true`;
