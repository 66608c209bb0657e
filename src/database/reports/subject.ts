/** Who has seen the records of one person, for certain. */
import type { Database, Queryable } from '../client.ts';
import {
  byProgram,
  outcome,
  resourcesWithRequests,
  spanValues,
  visitGap,
  withinSpan,
  type AccessSpan,
} from './access-conditions.ts';

/** The records of one person, and when they may have been seen. */
export type SubjectFilter = AccessSpan & {
  /** Id of the person. */
  readonly user: string;
  /** Ids of the tickets that are about the person. */
  readonly tickets: readonly string[];
};

/** Requests that named one of the records, in numbers. Each request counts once, whatever it named. */
export type ConfirmedTotals = {
  readonly requests: number;
  readonly visits: number;
  readonly agents: number;
  readonly tickets: number;
  readonly first_at: Date | null;
  readonly last_at: Date | null;
  /** Requests of programs; they are among the others. */
  readonly by_program: number;
  /** Requests that were denied or failed; they are not among the others. */
  readonly unanswered: number;
};

/** A visit, or the requests of one kind that an agent made on one day. */
export type SubjectRow = {
  readonly first_at: Date;
  readonly last_at: Date;
  readonly user_id: string | null;
  readonly by_program: boolean;
  /** Kinds of the requests, separated by commas. */
  readonly kinds: string;
  readonly resource_types: string | null;
  readonly resource_id: string | null;
  readonly search_query: string | null;
  readonly requests: number;
  /** Addresses of the requests, separated by commas. */
  readonly addresses: string | null;
};

/** $4 and $5: the types and ids of the person's records. */
export const subjectRecords = `unnest($4::text[], $5::text[]) as t (resource_type, resource_id)`;

/** The values of $1 to $5. */
export function subjectValues(filter: SubjectFilter): unknown[] {
  const tickets = [...new Set(filter.tickets)];
  return [
    ...spanValues(filter),
    ['user', ...tickets.map(() => 'ticket')],
    [filter.user, ...tickets],
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

/** How often the records were seen for certain. */
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

/** Those of the records that no stored request has ever named: their ids may be mistaken. */
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

/** The visits: one row for each agent and record, as long as no more than 30 minutes lie between two requests. */
export function readConfirmed(
  db: Database,
  filter: SubjectFilter,
): AsyncGenerator<SubjectRow, void, undefined> {
  return db.read<SubjectRow>(
    `with ${named}
     select min(timestamp) as first_at, max(timestamp) as last_at, user_id::text, by_program,
       string_agg(distinct kind, ', ' order by kind) as kinds,
       resource_type as resource_types, resource_id, null::text as search_query,
       count(distinct access_log_id)::integer as requests,
       string_agg(distinct host(ip_address), ', ' order by host(ip_address)) as addresses
     from seen
     group by user_id, by_program, resource_type, resource_id, visit
     order by first_at, min(access_log_id), resource_type desc, resource_id`,
    subjectValues(filter),
  );
}
