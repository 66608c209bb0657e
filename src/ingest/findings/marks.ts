/** What is to be looked at again by the rules after rows of a log were stored or changed. Pure reckoning is left to Postgres. */
import type { Database, Transaction } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';

/**
 * Turns the spans that pages have left into spans for each rule: those of the rows, longer by what a rule looks back and
 * ahead. Where later rows are stored, rules that look at all that a person did before are due for the people of these rows.
 *
 * @returns whether there were any
 */
export async function markExamined(
  db: Database,
  account: string,
  log: Pick<LogStream, 'name' | 'table'>,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const taken = await tx.query<{ from: string; until: string }>(
      `with taken as (delete from zendesk_sync.unexamined where account = $1 and stream = $2
       returning from_at, until_at)
       select from_at::text as from, until_at::text as until from taken`,
      [account, log.name],
    );
    if (taken.length === 0) return false;
    const values = [
      account,
      log.name,
      taken.map(({ from }) => from),
      taken.map(({ until }) => until),
    ];
    await tx.query(markNear, values);
    for (const statement of [markLater(log), ...markPeople(log)]) await tx.query(statement, values);
    return true;
  });
}

/** Adds to the spans of a rule, with `into` a query of `rule`, `actor_id` and `spans`, `$1` the account and `$2` the stream. */
export function addStale(into: string, stream = '$2::text'): string {
  return `insert into zendesk_sync.stale_findings as s (account, stream, rule, actor_id, spans)
    select $1::text, ${stream}, n.rule, n.actor_id, n.spans
    from (${into}) as n
    where n.spans is not null
    order by n.rule, n.actor_id
    on conflict (account, stream, rule, actor_id) do update set spans = s.spans + excluded.spans`;
}

const taken = `unnest($3::timestamptz[], $4::timestamptz[]) as t (from_at, until_at)`;

const markNear = addStale(`select
    r.rule,
    0 as actor_id,
    range_agg(
      case when reach.is_by_day
        then tstzrange(date_trunc('day', t.from_at, 'UTC'), date_trunc('day', t.until_at, 'UTC') + reach.after)
        else tstzrange(t.from_at - reach.before, t.until_at + reach.after, '[]')
      end
    ) as spans
  from zendesk.finding_rules r
  cross join lateral zendesk_sync.reach_of(r.rule, r.parameters) as reach
  cross join ${taken}
  where r.stream = $2
  group by r.rule`);

/** Where nothing later is stored, as with nearly every page that follows a log, this reads the newest row and no more. */
function markLater({ table: { name, time, actor } }: Pick<LogStream, 'table'>): string {
  return addStale(`select r.rule, p.actor_id, tstzmultirange(tstzrange(p.since, null)) as spans
    from (
      select found.actor_id, min(t.until_at) as since
      from ${taken}
      cross join lateral (
        select distinct l.${actor} as actor_id from ${name} l
        where l.account = $1 and l.${time} >= t.from_at and l.${time} <= t.until_at
        union
        -- Who had done it before the row was changed.
        select (v.content ->> '${actor}')::bigint from zendesk.revisions v
        where v.account = $1 and v.stream = $2 and v.occurred_at >= t.from_at and v.occurred_at <= t.until_at
      ) as found
      where t.until_at < (select max(l.${time}) from ${name} l where l.account = $1)
        and found.actor_id is not null
      group by found.actor_id
    ) as p
    join zendesk.finding_rules r on r.stream = $2
    cross join lateral zendesk_sync.reach_of(r.rule, r.parameters) as reach
    where reach.is_endless`);
}

/** The audit log says who was suspended and who lost a role: what they do from then on in the access log is looked at again. */
function markPeople({ name, table }: Pick<LogStream, 'name' | 'table'>): readonly string[] {
  if (name !== 'audit_logs') return [];
  return [
    addStale(
      `select r.rule, p.source_id as actor_id, tstzmultirange(tstzrange(min(p.from_at), null)) as spans
       from (
         select l.source_id, t.from_at
         from ${taken}
         join ${table.name} l on l.account = $1 and l.created_at >= t.from_at and l.created_at <= t.until_at
         where l.source_type in ('user', 'user_setting')
         union
         select (v.content ->> 'source_id')::bigint, t.from_at
         from ${taken}
         join zendesk.revisions v
           on v.account = $1 and v.stream = $2 and v.occurred_at >= t.from_at and v.occurred_at <= t.until_at
       ) as p
       join zendesk.finding_rules r on r.rule = 'leaver_access'
       where p.source_id is not null
       group by r.rule, p.source_id`,
      `'access_logs'`,
    ),
  ];
}

/** Has the rules look again at everything between two moments, as after a change that nothing tells of. */
export async function markAll(
  tx: Pick<Transaction, 'query'>,
  account: string,
  { from, until }: { readonly from: Date; readonly until: Date },
  rules: readonly string[] | undefined,
): Promise<void> {
  await tx.query(
    addStale(
      `select r.rule, 0 as actor_id, tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)) as spans, r.stream
       from zendesk.finding_rules r where $4::text[] is null or r.rule = any ($4)`,
      'n.stream',
    ),
    [account, from, until, rules ?? null],
  );
}
