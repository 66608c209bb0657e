/**
 * Daily rollups. A page marks the days of its new and changed rows as stale; `refreshRollups` makes a stale day anew from
 * the rows themselves, so that late rows, rescans and new rules need no care of their own.
 */
import type { Database, Transaction } from './client.ts';
import type { StreamKey } from './coverage.ts';
import type { LogRow } from './log-row.ts';

const dayMs = 86_400_000;

/**
 * Marks the days of the rows, within the transaction that stores them. The lock keeps a refresh that runs meanwhile from
 * taking the mark before the rows can be seen.
 */
export async function markStaleDays(
  tx: Transaction,
  { account, stream }: StreamKey,
  rows: readonly LogRow[],
): Promise<void> {
  const days = new Set<number>();
  for (const { timeMs } of rows) days.add(Math.floor(timeMs / dayMs));
  const names = [...days].map((day) => new Date(day * dayMs).toISOString().slice(0, 10));
  for (;;) {
    const [answer] = await tx.query<{ held: number }>(hold, [account, stream, names]);
    // Fewer when a refresh takes a mark at this moment: then it can be set again.
    if (answer?.held === days.size) return;
    await tx.query(mark, [account, stream, names]);
  }
}

const hold = `select count(*)::integer as held from (
    select 1 from zendesk_sync.stale_days
    where account = $1 and stream = $2 and day = any ($3::date[])
    order by day
    for key share
  ) as marks`;

const mark = `insert into zendesk_sync.stale_days (account, stream, day)
  select $1, $2, unnest($3::date[])
  order by 3
  on conflict do nothing`;

/**
 * Makes the rollups of all stale days of an account anew, one transaction a day. An abort ends it between two days. `report`
 * hears before each day how many are done, of how many.
 *
 * @returns how many days were made anew
 */
export async function refreshRollups(
  db: Database,
  account: string,
  signal?: AbortSignal,
  report: (done: number, total: number) => void = () => {},
): Promise<number> {
  const stale = await db.query<{ stream: string; day: string }>(
    `select stream, day::text from zendesk_sync.stale_days where account = $1 order by day, stream`,
    [account],
  );
  for (const [done, { stream, day }] of stale.entries()) {
    signal?.throwIfAborted();
    report(done, stale.length);
    await db.transaction(async (tx) => {
      const taken = await tx.query(
        `delete from zendesk_sync.stale_days where account = $1 and stream = $2 and day = $3::date returning 1`,
        [account, stream, day],
      );
      // Another process made it anew meanwhile.
      if (taken.length === 0) return;
      for (const statement of stream === 'audit_logs' ? auditStatements : accessStatements)
        await tx.query(statement, [account, day]);
    });
  }
  return stale.length;
}

/** The bounds of the day $2, UTC, as conditions on a time column. */
function within(column: string): string {
  return `${column} >= $2::date::timestamp at time zone 'UTC' and ${column} < ($2::date + 1)::timestamp at time zone 'UTC'`;
}

const shown = `(r.status is null or r.status not in (401, 403, 404))`;

const accessStatements = [
  'delete from zendesk.agent_day where account = $1 and day = $2::date',
  `insert into zendesk.agent_day
   with requests as (
     select coalesce(user_id, 0) as user_id, count(*) as requests,
       count(*) filter (where status in (401, 403, 404)) as denied,
       count(distinct ip_address) as addresses, coalesce(sum(bytes_sent), 0)::float8 as bytes_sent,
       min(timestamp) as first_at, max(timestamp) as last_at
     from zendesk.access_logs
     where account = $1 and ${within('timestamp')}
     group by 1
   ),
   kinds as (
     select coalesce(user_id, 0) as user_id,
       count(*) filter (where kind = 'view') as views,
       count(*) filter (where kind = 'list') as lists,
       count(*) filter (where kind = 'search') as searches,
       count(*) filter (where kind = 'export') as exports,
       count(*) filter (where kind = 'write') as writes,
       count(*) filter (where kind = 'secret') as secrets,
       count(*) filter (where kind = 'log') as logs,
       count(*) filter (where kind = 'unclassified') as unclassified
     from zendesk.access_log_resources
     where account = $1 and ${within('timestamp')} and position = 0
     group by 1
   ),
   seen as (
     select distinct coalesce(r.user_id, 0) as user_id, r.resource_type, r.resource_id
     from zendesk.access_log_resources r
     where r.account = $1 and ${within('r.timestamp')} and r.resource_id is not null and ${shown}
   ),
   resources as (
     select user_id, count(*) as resources,
       count(*) filter (where resource_type = 'ticket') as tickets,
       count(*) filter (where resource_type = 'user') as users
     from seen
     group by 1
   )
   select $1, $2::date, q.user_id, q.requests, q.denied,
     coalesce(k.views, 0), coalesce(k.lists, 0), coalesce(k.searches, 0), coalesce(k.exports, 0),
     coalesce(k.writes, 0), coalesce(k.secrets, 0), coalesce(k.logs, 0), coalesce(k.unclassified, 0),
     coalesce(s.tickets, 0), coalesce(s.users, 0), coalesce(s.resources, 0),
     q.addresses, q.bytes_sent, q.first_at, q.last_at
   from requests q
   left join kinds k using (user_id)
   left join resources s using (user_id)`,
  'delete from zendesk.resource_day where account = $1 and day = $2::date',
  `insert into zendesk.resource_day
   select $1, $2::date, r.resource_type, r.resource_id, count(*), count(distinct coalesce(r.user_id, 0)),
     min(r.timestamp), max(r.timestamp)
   from zendesk.access_log_resources r
   where r.account = $1 and ${within('r.timestamp')} and r.resource_id is not null and ${shown}
   group by r.resource_type, r.resource_id`,
];

const auditStatements = [
  'delete from zendesk.audit_day where account = $1 and day = $2::date',
  `insert into zendesk.audit_day
   select $1, $2::date, coalesce(source_type, ''), coalesce(action, ''), coalesce(actor_id, 0), count(*),
     min(created_at), max(created_at)
   from zendesk.audit_logs
   where account = $1 and ${within('created_at')}
   group by 3, 4, 5`,
];
