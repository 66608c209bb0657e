/** Which findings of the rules have not been sent yet: `zendesk.findings` compared with what alerts remember. */
import type { Queryable } from '../database/client.ts';
import type { FindingCount, FindingGroup } from './decision.ts';

/** What is worth an alert. */
type Scope = {
  readonly accounts: readonly string[];
  /** The most important first. */
  readonly severities: readonly string[];
};

/** A finding this long after the event is about the past: the history is being read, or a rule changed. */
const pastDays = 2;
/** A transaction that takes this long has the time of its beginning. */
const overlap = '1 hour';
/** Older findings can no longer be news. */
const keptDays = 3;
const mostNames = 3;

/** Statements that use it have the accounts as $1 and the severities as $2. */
const untold = `from zendesk_sync.alerted_accounts a
  join zendesk.findings f on f.account = a.account and f.first_found_at > a.findings_since
  where a.account = any ($1::text[]) and f.severity = any ($2::text[]) and f.state = 'open'
    and not exists (
      select from zendesk_sync.alerted_findings t where t.account = f.account and t.finding = f.finding
    )`;
const isPast = `f.created_at < f.first_found_at - interval '${pastDays} days'`;

/** New findings about what has just happened, a row for each rule. */
export async function loadFindings(
  tx: Queryable,
  { accounts, severities }: Scope,
): Promise<readonly FindingGroup[]> {
  return tx.query<FindingGroup>(
    `select f.account, f.severity, coalesce(max(r.title), f.rule) as title, count(*)::integer as findings,
       coalesce((array_agg(distinct coalesce(f.actor_name, 'user ' || f.actor_id)) filter (where f.actor_id is not null))[:${mostNames}], '{}') as names,
       count(distinct coalesce(f.actor_name, 'user ' || f.actor_id))::integer as people,
       min(f.created_at) as first_at, max(f.created_at) as last_at
     from (select f.* ${untold} and not ${isPast}) as f
     left join zendesk.finding_rules r on r.rule = f.rule
     group by f.account, f.severity, f.rule
     order by array_position($2::text[], f.severity), f.account, max(f.created_at) desc, f.rule`,
    [accounts, severities],
  );
}

/** How many new findings are about the past, and since when. */
export async function loadPastFindings(
  tx: Queryable,
  scope: Scope,
): Promise<readonly (FindingCount & { readonly since: Date })[]> {
  return tx.query(
    `select account, jsonb_agg(jsonb_build_array(severity, findings) order by array_position($2::text[], severity)) as counts,
       min(since) as since
     from (
       select f.account, f.severity, count(*) as findings, min(f.first_found_at) as since ${untold} and ${isPast}
       group by f.account, f.severity
     ) as c
     group by account order by account`,
    [scope.accounts, scope.severities],
  );
}

/** How many findings existed before alerts, for accounts that have some. */
export async function loadEarlierFindings(
  tx: Queryable,
  scope: Scope,
): Promise<readonly FindingCount[]> {
  return tx.query(
    `select account, jsonb_agg(jsonb_build_array(severity, findings) order by array_position($2::text[], severity)) as counts
     from (
       select f.account, f.severity, count(*) as findings
       from zendesk_sync.alerted_accounts a
       join zendesk.findings f on f.account = a.account and f.first_found_at <= a.findings_since
       where a.account = any ($1::text[]) and f.severity = any ($2::text[]) and f.state = 'open'
       group by f.account, f.severity
     ) as c
     group by account order by account`,
    [scope.accounts, scope.severities],
  );
}

/** Records that new findings were sent: those about what has just happened, and those about the past of some accounts. */
export async function noteFindings(
  tx: Queryable,
  { accounts, severities }: Scope,
  past: readonly string[],
): Promise<void> {
  await tx.query(
    `insert into zendesk_sync.alerted_findings (account, finding)
     select f.account, f.finding ${untold} and (not ${isPast} or f.account = any ($3::text[]))
     on conflict do nothing`,
    [accounts, severities, past],
  );
}

/** Moves the time from which findings can be news, and forgets older ones. */
export async function moveBeginning(tx: Queryable, { accounts, severities }: Scope): Promise<void> {
  await tx.query(
    `update zendesk_sync.alerted_accounts u
     set findings_since = case
         -- The clock was set back.
         when u.findings_since > clock_timestamp() then clock_timestamp() - interval '${overlap}'
         else greatest(u.findings_since, least(
           clock_timestamp() - interval '${overlap}',
           (select min(f.first_found_at) - interval '1 second' ${untold} and f.account = u.account)
         ))
       end
     where u.account = any ($1::text[])`,
    [accounts, severities],
  );
  await tx.query(
    `delete from zendesk_sync.alerted_findings
     where account = any ($1::text[]) and told_at < clock_timestamp() - interval '${keptDays} days'`,
    [accounts],
  );
}
