/** Who has certainly seen the records of one person. */
import type { ReadableDatabase, Queryable } from '../../database/client.ts';
import {
  byProgram,
  outcome,
  resourcesWithRequests,
  spanValues,
  visitGap,
  withinSpan,
} from '../shared/accesses.ts';
import { withRecords } from '../shared/record-fields.ts';
import type { ConfirmedTotals, SubjectFilter, SubjectLines, SubjectRow } from './question.ts';

/** $4 and $5: the types and ids of the person's records. */
export const subjectRecords = `unnest($4::text[], $5::text[]) as t (resource_type, resource_id)`;

/** The values of $1 to $5. */
export function subjectValues(filter: SubjectFilter): unknown[] {
  const tickets = [...new Set(filter.tickets)];
  const users = filter.user === undefined ? [] : [filter.user];
  return [
    ...spanValues(filter),
    [...users.map(() => 'user'), ...tickets.map(() => 'ticket')],
    [...users, ...tickets],
  ];
}

const named = `named as (
    select r.timestamp, r.access_log_id, r.user_id, r.resource_type, r.resource_id, r.kind, l.ip_address,
      ${outcome} as outcome, ${byProgram} as by_program
    from ${resourcesWithRequests}
    join ${subjectRecords} on r.resource_type = t.resource_type and r.resource_id = t.resource_id
    where ${withinSpan}
  ),
  marked as (
    select *, (timestamp - lag(timestamp) over thing <= ${visitGap}) is not true as begins
    from named
    where outcome = 'ok'
    window thing as (partition by user_id, by_program, resource_type, resource_id order by timestamp, access_log_id)
  ),
  seen as (
    select *, count(*) filter (where begins) over (
      partition by user_id, by_program, resource_type, resource_id order by timestamp, access_log_id
    ) as visit
    from marked
  )`;

/** How often the records were certainly seen. */
export async function countConfirmed(
  db: Queryable,
  filter: SubjectFilter,
): Promise<ConfirmedTotals> {
  const [totals] = await db.query<ConfirmedTotals>(
    `with ${named}
     select
       count(distinct access_log_id)::integer as requests,
       count(*) filter (where begins)::integer as visits,
       count(distinct coalesce(user_id, 0))::integer as agents,
       count(distinct resource_id) filter (where resource_type = 'ticket')::integer as tickets,
       min(timestamp) as first_at,
       max(timestamp) as last_at,
       count(distinct access_log_id) filter (where by_program)::integer as by_program,
       (select count(distinct access_log_id)::integer from named where outcome <> 'ok') as unanswered
     from seen`,
    subjectValues(filter),
  );
  if (totals === undefined) throw new Error('A statement of sums gave no row.');
  return totals;
}

/** The records that no stored request has ever named: their ids may be wrong. */
export function listNeverNamed(
  db: Queryable,
  filter: SubjectFilter,
): Promise<{ resource_type: string; resource_id: string }[]> {
  return db.query(
    `select t.resource_type, t.resource_id
     from unnest($2::text[], $3::text[]) with ordinality as t (resource_type, resource_id, place)
     where not exists (
       select from zendesk.access_log_resources r
       where r.account = $1 and r.resource_type = t.resource_type and r.resource_id = t.resource_id
     )
     order by t.place`,
    [filter.account, ...subjectValues(filter).slice(3)],
  );
}

/** The visits: one row for each agent and record, as long as at most 30 minutes are between two requests; or the requests. */
export function readConfirmed(
  db: ReadableDatabase,
  filter: SubjectFilter,
  { requests, fields }: SubjectLines,
): AsyncGenerator<SubjectRow, void, undefined> {
  return db.read<SubjectRow>(
    withRecords(
      `with ${named}
     select min(timestamp) as first_at, max(timestamp) as last_at, user_id::text, by_program,
       string_agg(distinct kind, ', ' order by kind) as kinds,
       resource_type as resource_types, resource_id, null::text as search_query,
       count(distinct access_log_id)::integer as requests, min(access_log_id) as access_log_id,
       string_agg(distinct host(ip_address), ', ' order by host(ip_address)) as addresses
     from seen
     group by user_id, by_program, resource_type, resource_id, ${requests ? 'access_log_id' : 'visit'}
     order by first_at, min(access_log_id), resource_type desc, resource_id`,
      fields,
    ),
    subjectValues(filter),
  );
}
