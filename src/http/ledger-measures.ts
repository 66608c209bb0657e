/** The ledger as numbers, for whoever watches it from outside. Moments in seconds since 1970, lengths in seconds. */
import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import type { LogStream } from '../streams/stream.ts';

/** How one stream of one account stands. */
export type StreamMeasures = {
  readonly account: string;
  readonly stream: string;
  /** End of the last run of any task that completed. */
  readonly lastSuccess: number | null;
  /** End of the unbroken coverage; null until the oldest span is stored. */
  readonly coveredUntil: number | null;
  /** Time of the newest record; null for people, and for an empty log. */
  readonly newestRecord: number | null;
  /** Null where the source keeps the log for ever. */
  readonly headroom: number | null;
  readonly gaps: number;
  readonly gapSeconds: number;
  /** Records that could not be stored. */
  readonly quarantined: number;
  /** Rows that were stored, were removed by hand, and are not back. */
  readonly lostRows: number;
  /** When the newest of these losses was noticed, or now for one that no run has noticed; 0 while there is none. */
  readonly lastLoss: number;
  /** Share of the time from the horizon to the newest covered second that is covered, 0 to 1; null for people. */
  readonly backfillShare: number | null;
  readonly available: boolean;
  /** The code of what the last run that has ended failed with; null when it did not fail. */
  readonly lastFailure: ErrorCode | null;
  readonly leaseHeld: boolean;
  /** Grows with each taking of the lease; 0 when it was never taken. */
  readonly leaseToken: number;
};

/** How large a table is, with its indexes and partitions. */
type TableMeasures = {
  readonly table: string;
  readonly bytes: number;
  /** Partitions that begin after now; null for a table that has no partitions. */
  readonly partitionsAhead: number | null;
};

/** What was found by reading the spans of a log again at one age. */
type LateMeasures = {
  readonly account: string;
  readonly stream: string;
  readonly ageSeconds: number;
  readonly rows: number;
};

/** All of it, of every account in the database. */
export type LedgerMeasures = {
  readonly streams: readonly StreamMeasures[];
  readonly late: readonly LateMeasures[];
  readonly tables: readonly TableMeasures[];
  readonly databaseBytes: number;
};

/** Measures the ledger. Each part is a look at an index or at sizes; no log table is read through. */
export async function loadLedgerMeasures(
  db: Queryable,
  logs: readonly LogStream[],
): Promise<LedgerMeasures> {
  const streams = await db.query<StreamMeasures>(buildStreamsQuery(logs));
  const tables = await db.query<TableMeasures>(tablesQuery);
  const late = await db.query<LateMeasures>(
    `select account, stream, age_seconds as "ageSeconds", rows::float8 as rows
     from zendesk_sync.late_rows
     order by account, stream, age_seconds`,
  );
  const [size] = await db.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  return { streams, late, tables, databaseBytes: size?.bytes ?? 0 };
}

/** The newest record of each log by a look at the end of its key. */
function buildNewest(logs: readonly LogStream[]): string {
  return logs
    .map(
      ({ name, table }) => `(
      select l.${table.time} as moment
      from ${table.name} l
      where s.stream = '${name}' and l.account = s.account
      order by l.${table.time} desc
      limit 1
    )`,
    )
    .join(' union all ');
}

const lostRows = `
    select coalesce(sum(loss.rows - coalesce(loss.rows_found, 0)), 0) as rows,
      coalesce(extract(epoch from max(coalesce(loss.noticed_at, now()))), 0) as noticed
    from zendesk_sync.losses loss
    where loss.account = s.account and loss.stream = s.stream`;

const buildStreamsQuery = (logs: readonly LogStream[]): string => `
  select
    s.account,
    s.stream,
    extract(epoch from done.ended_at)::float8 as "lastSuccess",
    extract(epoch from t.covered_until)::float8 as "coveredUntil",
    extract(epoch from newest.moment)::float8 as "newestRecord",
    extract(epoch from t.headroom)::float8 as headroom,
    t.gaps, t.gap_seconds::float8 as "gapSeconds",
    t.quarantined::float8 as quarantined,
    lost.rows::float8 as "lostRows", lost.noticed::float8 as "lastLoss",
    case
      when s.kind = 'listing' then null
      when t.lag is null then 0
      when wanted.seconds <= 0 then 1
      else greatest(0, 1 - t.gap_seconds / wanted.seconds)
    end::float8 as "backfillShare",
    s.unavailable_since is null as available,
    case when ended.outcome = 'failed' then ended.error_code end as "lastFailure",
    coalesce(l.expires_at > now(), false) as "leaseHeld", coalesce(l.token, 0)::float8 as "leaseToken"
  from zendesk_sync.streams s
  join zendesk_sync.status t using (account, stream)
  left join zendesk_sync.leases l using (account, stream) cross join lateral (${lostRows}) as lost
  left join lateral (
    select extract(epoch from now() - t.lag - case
      when s.retention_days is not null then date_trunc('second', now()) - make_interval(hours => 24 * s.retention_days)
      else coalesce(s.horizon, (
        select min(c.covered_from) from zendesk_sync.coverage c
        where c.account = s.account and c.stream = s.stream
      ))
    end) as seconds
  ) as wanted on true
  left join lateral (
    select max(last.ended_at) as ended_at
    from (values ('live'), ('backfill'), ('listing')) as tasks (task)
    cross join lateral (
      select r.ended_at
      from zendesk_sync.runs r
      where r.account = s.account and r.stream = s.stream and r.task = tasks.task and r.outcome = 'complete'
      order by r.id desc
      limit 1
    ) as last
  ) as done on true
  left join lateral (
    select last.outcome, last.error_code
    from (values ('live'), ('backfill'), ('listing')) as tasks (task)
    cross join lateral (
      select r.ended_at, r.outcome, r.error_code
      from zendesk_sync.runs r
      where r.account = s.account and r.stream = s.stream and r.task = tasks.task and r.ended_at is not null
      order by r.id desc
      limit 1
    ) as last
    order by last.ended_at desc
    limit 1
  ) as ended on true
  left join lateral (
    ${buildNewest(logs)}
  ) as newest on true
  order by s.account, s.stream`;

// A table that is cut into partitions has none before its stream is first pulled: then none is missing either.
const tablesQuery = `
  select
    format('%s.%s', n.nspname, c.relname) as table,
    (coalesce(pg_total_relation_size(c.oid), 0) + coalesce(sum(pg_total_relation_size(p.oid)), 0))::float8 as bytes,
    case
      when count(p.oid) > 0 then (count(*) filter (
        where substring(pg_get_expr(p.relpartbound, p.oid) from $$FROM \\('([^']+)'\\)$$)::timestamptz > now()
      ))::integer
    end as "partitionsAhead"
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_inherits i on i.inhparent = c.oid
  left join pg_class p on p.oid = i.inhrelid
  where n.nspname in ('zendesk', 'zendesk_sync') and c.relkind in ('r', 'p') and not c.relispartition
  group by n.nspname, c.relname, c.oid
  order by 1`;
