/** The rows behind a finding: what of them the asker may see. */
import type { Queryable } from '../../../database/client.ts';
import type { ReportScope } from '../../../reports/shared/report.ts';
import { withArchive } from '../../../reports/shared/with-archive.ts';
import { accessLogs } from '../../../streams/access-logs.ts';
import { auditLogs } from '../../../streams/audit-logs.ts';
import type { LogStream } from '../../../streams/stream.ts';
import { readPart } from '../../report-answer.ts';
import type { Role } from '../../question.ts';

/** A row of one of the logs, or a day of a person. */
type RowBehind = Readonly<Record<string, string | number | boolean | Date | null>>;

/** The rows behind a finding, by the table that they are in. */
export type RowsBehind = {
  readonly table: 'access_logs' | 'audit_logs' | 'agent_day';
  readonly rows: readonly RowBehind[];
  /** How many keys the finding has: rows that are no longer there are missing in the list. */
  readonly keys: number;
};

/** So many are listed, the newest. */
const listed = 100;

const statements: Readonly<Record<RowsBehind['table'], (isInvestigator: boolean) => string>> = {
  audit_logs: (isInvestigator) =>
    `select a.created_at as at, a.id::text as id, a.actor_id::text as "personId", a.actor_name as person,
      host(a.ip_address) as address, a.action, a.source_type as type,
      a.source_label as thing, a.change_description as what
    from behind b join zendesk.${isInvestigator ? 'audit_logs' : 'audit_logs_redacted'} a on a.account = $1 and a.created_at = b.created_at and a.id::text = b.id
    order by 1 desc, 2 desc limit ${listed}`,
  // One statement for all keys: what the requests were about is found by their times.
  access_logs: (
    isInvestigator,
  ) => `select e.timestamp as at, e.id, e.user_id::text as "personId", e.user_name as person,
      host(e.ip_address) as address, e.kind, e.resource_type as type, e.resource_id as thing, e.method, e.path, e.status,
      e.client${isInvestigator ? ', e.search_query as search' : ''}
    from zendesk.access_events e
    where e.account = $1 and e.timestamp >= (select min(b.timestamp) from behind b) and e.timestamp <= (select max(b.timestamp) from behind b)
      and e.timestamp = any (array(select b.timestamp from behind b)) and e.id = any (array(select b.id from behind b))
    order by 1 desc, 2 desc limit ${listed}`,
  agent_day:
    () => `select d.day::text as day, d.user_id::text as "personId", u.name as person, d.requests, d.views, d.lists, d.searches,
      d.exports, d.writes, d.denied, d.tickets, d.users, d.resources, d.addresses, d.bytes_sent as bytes, d.first_at as first, d.last_at as last
    from behind b join zendesk.agent_day d on d.account = $1 and d.day = b.day and d.user_id = b.user_id
    left join zendesk.users u on u.account = d.account and u.id = d.user_id
    order by 1 desc limit ${listed}`,
};

/** Loads the rows behind a finding; undefined for an unknown one. */
export async function loadRowsBehind(
  db: Queryable,
  scope: Omit<ReportScope, 'db'>,
  finding: string,
  role: Role,
): Promise<readonly RowsBehind[] | undefined> {
  const { account } = scope;
  const tables = await db.query<{ table: string | null; keys: number }>(
    `select key ->> 'table' as table, count(key)::float8 as keys
     from zendesk.findings f left join lateral jsonb_array_elements(f.evidence) as key on true
     where f.account = $1 and f.finding = $2 group by 1 order by 1`,
    [account, finding],
  );
  if (tables.length === 0) return undefined;
  const answers: RowsBehind[] = [];
  for (const { table, keys } of tables) {
    if (table !== 'access_logs' && table !== 'audit_logs' && table !== 'agent_day') continue;
    const log = [accessLogs, auditLogs].find(({ name }) => name === table);
    const asked = { ...scope, db: readPart(db, 0) };
    const whole = log === undefined ? asked : await withArchivedKeys(asked, log, finding);
    const rows = await whole.db.query<RowBehind>(
      `with behind as materialized (
         select k.* from zendesk.findings f
         cross join lateral jsonb_to_recordset(f.evidence)
           as k ("table" text, "timestamp" timestamptz, created_at timestamptz, id text, day date, user_id bigint)
         where f.account = $1 and f.finding = $2 and k.table = $3
         order by coalesce(k.timestamp, k.created_at, k.day::timestamptz) desc limit ${listed}
       )
       ${statements[table](role === 'investigator')}`,
      [account, finding, table],
    );
    answers.push({ table, rows, keys });
  }
  return answers;
}

/** The scope with the archived rows of the keys that a finding has of a log, the newest. */
async function withArchivedKeys(
  scope: ReportScope,
  log: LogStream,
  finding: string,
): Promise<ReportScope> {
  const keys = await scope.db.query<{ id: string; micros: number }>(
    `select key ->> 'id' as id, (extract(epoch from (key ->> $4)::timestamptz) * 1000000)::float8 as micros
     from zendesk.findings f cross join lateral jsonb_array_elements(f.evidence) as key
     where f.account = $1 and f.finding = $2 and key ->> 'table' = $3
     order by 2 desc limit ${listed}`,
    [scope.account, finding, log.name, log.table.time],
  );
  const [newest, oldest] = [keys.at(0), keys.at(-1)];
  if (newest === undefined || oldest === undefined) return scope;
  const span = { from: new Date(oldest.micros / 1000), to: new Date(newest.micros / 1000 + 1) };
  return withArchive(scope, log, span, undefined, {
    ids: new Set(keys.map(({ id }) => id)),
    moments: keys.map(({ micros }) => micros),
  });
}
