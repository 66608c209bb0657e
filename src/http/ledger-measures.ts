/** The ledger as numbers, for monitoring. Moments in seconds since 1970, durations in seconds. */
import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import { loadAnchors, type AccountAnchor } from '../evidence/anchoring/standing.ts';
import type { LogStream } from '../streams/stream.ts';
import { loadArchiveMeasures, type ArchiveMeasures } from './archive-measures.ts';
import { loadMessageMeasures, type MessageMeasures } from './message-measures.ts';
import { loadVerificationMeasures, type VerificationMeasures } from './verification-measures.ts';

/** The status of one stream of one account. */
export type StreamMeasures = {
  readonly account: string;
  readonly stream: string;
  /** End of the last run of any task that completed. */
  readonly lastSuccess: number | null;
  /** End of the unbroken coverage; null until the oldest span is stored. */
  readonly coveredUntil: number | null;
  /** Time of the newest record; null for people, and for an empty log. */
  readonly newestRecord: number | null;
  /** Null if the source keeps the log permanently. */
  readonly headroom: number | null;
  readonly gaps: number;
  readonly gapSeconds: number;
  /** Records that could not be stored. */
  readonly quarantined: number;
  /** Rows that were stored, were removed by hand, and are not back. */
  readonly lostRows: number;
  /** When the newest of these losses was noticed; now for one that no run has noticed yet; 0 while there is none. */
  readonly lastLoss: number;
  /** When the log was last compared with Zendesk, and how many differences that found; 0 if it never was. */
  readonly lastReconcile: number;
  readonly reconcileDifferences: number;
  /** Share of the time from the horizon to the newest covered second that is covered, 0 to 1; null for people. */
  readonly backfillShare: number | null;
  readonly available: boolean;
  /** The error code of the last ended run; null if it did not fail. */
  readonly lastFailure: ErrorCode | null;
  readonly leaseHeld: boolean;
  /** Grows each time the lease is taken; 0 if it was never taken. */
  readonly leaseToken: number;
};

/** The size of a table with its indexes and partitions. */
type TableMeasures = {
  readonly table: string;
  readonly bytes: number;
  /** Partitions that begin after now; null for a table without partitions. */
  readonly partitionsAhead: number | null;
};

/** What the rescans of a log at one age have found. */
type LateMeasures = {
  readonly account: string;
  readonly stream: string;
  readonly ageSeconds: number;
  readonly rows: number;
};

/** All measures, for every account in the database. */
export type LedgerMeasures = {
  readonly streams: readonly StreamMeasures[];
  readonly late: readonly LateMeasures[];
  readonly verifications: VerificationMeasures;
  /** Alerts and scheduled reports. */
  readonly messages: MessageMeasures;
  readonly archive: ArchiveMeasures;
  readonly tables: readonly TableMeasures[];
  readonly databaseBytes: number;
  /** The places outside that checkpoints of the sealed logs are brought to. */
  readonly anchors: readonly AccountAnchor[];
};

/** The measures of one of several databases; undefined while it does not answer. */
export type DatabaseMeasures = {
  /** Its name; undefined for the only one. */
  readonly database: string | undefined;
  readonly measures: LedgerMeasures | undefined;
};

/** Measures the ledger. Each part only uses an index or sizes; no log table is read completely. */
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
  const verifications = await loadVerificationMeasures(db);
  const messages = await loadMessageMeasures(db);
  const archive = await loadArchiveMeasures(db);
  const [size] = await db.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  const anchors = await loadAnchors(db);
  const databaseBytes = size?.bytes ?? 0;
  return { streams, late, verifications, messages, archive, tables, anchors, databaseBytes };
}

/** The newest record of each log, from the end of its key. */
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

const lastReconciliation = `
    select extract(epoch from r.ended_at) as ended, r.missing_here + r.missing_there + r.different as differences
    from zendesk_sync.reconciliations r
    where r.account = s.account and r.stream = s.stream and r.ended_at is not null
    order by r.id desc limit 1`;

const lastComplete = `
    select max(last.ended_at) as ended_at
    from (values ('live'), ('backfill'), ('listing')) as tasks (task)
    cross join lateral (
      select r.ended_at
      from zendesk_sync.runs r
      where r.account = s.account and r.stream = s.stream and r.task = tasks.task and r.outcome = 'complete'
      order by r.id desc
      limit 1
    ) as last`;

const buildStreamsQuery = (logs: readonly LogStream[]): string => `
  select
    s.account,
    s.stream,
    extract(epoch from done.ended_at)::float8 as "lastSuccess",
    extract(epoch from t.covered_until)::float8 as "coveredUntil",
    extract(epoch from newest.moment)::float8 as "newestRecord",
    t.headroom_seconds::float8 as headroom,
    t.gaps, t.gap_seconds::float8 as "gapSeconds",
    t.quarantined::float8 as quarantined,
    lost.rows::float8 as "lostRows", lost.noticed::float8 as "lastLoss",
    coalesce(compared.ended, 0)::float8 as "lastReconcile", coalesce(compared.differences, 0)::float8 as "reconcileDifferences",
    case
      when s.kind = 'listing' then null
      when t.lag_seconds is null then 0
      when wanted.seconds <= 0 then 1
      else greatest(0, 1 - t.gap_seconds / wanted.seconds)
    end::float8 as "backfillShare",
    s.unavailable_since is null as available,
    case when ended.outcome = 'failed' then ended.error_code end as "lastFailure",
    coalesce(l.expires_at > now(), false) as "leaseHeld", coalesce(l.token, 0)::float8 as "leaseToken"
  from zendesk_sync.streams s
  join zendesk_sync.status t using (account, stream)
  left join zendesk_sync.leases l using (account, stream) cross join lateral (${lostRows}) as lost
  left join lateral (${lastReconciliation}) as compared on true
  left join lateral (
    select -t.lag_seconds + extract(epoch from now() - case
      when s.retention_days is not null then date_trunc('second', now()) - make_interval(hours => 24 * s.retention_days)
      else coalesce(s.horizon, (
        select min(c.covered_from) from zendesk_sync.coverage c
        where c.account = s.account and c.stream = s.stream
      ))
    end) as seconds
  ) as wanted on true
  left join lateral (${lastComplete}) as done on true
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

// A partitioned table has no partitions before its stream is first pulled: then none is missing either.
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
  where n.nspname in ('zendesk', 'zendesk_partitions', 'zendesk_sync') and c.relkind in ('r', 'p') and not c.relispartition
  group by n.nspname, c.relname, c.oid
  order by 1`;
