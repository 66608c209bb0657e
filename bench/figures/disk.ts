import type { Database } from '../../src/database/client.ts';
import type { Line } from '../figure.ts';
import { summarize } from '../samples.ts';

const mostRatio = 1.3;

/** The size of the access log on disk, part by part, compared with its rows as CSV. */
export async function measureDisk(db: Database): Promise<Line[]> {
  const csv = await measureCsv(db);
  const parts = await db.query<{ part: string; bytes: number }>(
    `with tables as (
       select c.oid, parent.relname as log from pg_class parent
       join pg_inherits i on i.inhparent = parent.oid join pg_class c on c.oid = i.inhrelid
       where parent.oid in ('zendesk.access_logs'::regclass, 'zendesk.access_log_resources'::regclass)
     ),
     parts as (
       select log || ': rows' as part, pg_table_size(oid) as bytes from tables
       union all
       select log || ': index ' || regexp_replace(coalesce(parent.relname, own.relname), '^' || log || '_', ''),
         pg_relation_size(own.oid)
       from tables
       join pg_index x on x.indrelid = tables.oid join pg_class own on own.oid = x.indexrelid
       left join pg_inherits i on i.inhrelid = own.oid left join pg_class parent on parent.oid = i.inhparent
     )
     select part, sum(bytes)::float8 as bytes from parts group by part
     union all
     select 'rollups', pg_total_relation_size('zendesk.agent_day') + pg_total_relation_size('zendesk.resource_day')
     order by part`,
  );
  const sum = (wanted: (part: string) => boolean): number =>
    parts.filter(({ part }) => wanted(part)).reduce((total, { bytes }) => total + bytes, 0) / csv;
  const log = sum((part) => part.startsWith('access_logs'));
  const line = (figure: string, ratio: number, target = '', reached?: boolean): Line => ({
    figure,
    target,
    summary: summarize([ratio]),
    unit: '×',
    ...(reached === undefined ? {} : { reached }),
  });
  return [
    line(
      'Disk: the access log with its indexes / its rows as CSV',
      log,
      `≤ ${mostRatio} ×`,
      log <= mostRatio,
    ),
    line(
      '  with what the requests were about, and the rollups',
      sum(() => true),
    ),
    ...parts.map(({ part, bytes }) => line(`  ${part}`, bytes / csv)),
  ];
}

/** Bytes of all rows as CSV, estimated from every fiftieth block. */
async function measureCsv(db: Database): Promise<number> {
  const [found] = await db.query<{ bytes: number }>(
    `select (avg(octet_length(l::text) - 2 + 1) * (select count(*) from zendesk.access_logs))::float8 as bytes
     from (
       select id, timestamp, user_id, ip_address, method, status, url, origin_service, authorization_type, client, referer,
         category, summary, bytes_sent, graphql_operation_name, graphql_operation_type, graphql_query, graphql_variables, extra
       from zendesk.access_logs tablesample system (2)
     ) as l`,
  );
  return found?.bytes ?? NaN;
}
