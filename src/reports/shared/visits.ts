/** Accesses to things of one type: put together to visits, or each request by itself. */
import type { Database } from '../../database/client.ts';
import {
  byProgram,
  outcome,
  resourcesWithRequests,
  spanValues,
  visitGap,
  withinSpan,
  type AccessOutcome,
  type AccessSpan,
} from './accesses.ts';
import { withRecords, type FieldChoice, type RequestRow } from './record-fields.ts';

/** Which accesses are wanted. */
type VisitFilter = AccessSpan & {
  /** Type of the things, singular. */
  readonly type: string;
  /** Only accesses to the thing with this id; undefined: to all of the type. */
  readonly id: string | undefined;
  /** Only accesses of these agents, by id; undefined: of everybody. */
  readonly agents: readonly string[] | undefined;
  /** Whether each request stands for itself. */
  readonly requests: boolean;
  /** How much of the record of each request is wanted; more than the usual needs `requests`. */
  readonly fields: FieldChoice;
};

/** What one agent asked for of one thing with one outcome; a single request where these are wanted. */
export type Visit = RequestRow & {
  readonly last_at: Date;
  readonly user_id: string | null;
  /** Null where the requests were about the only thing of its type, such as the settings. */
  readonly resource_id: string | null;
  /** Kinds of the requests, separated by commas. */
  readonly kinds: string;
  readonly outcome: AccessOutcome;
  readonly by_program: boolean;
  readonly requests: number;
  /** Addresses of the requests, separated by commas. */
  readonly addresses: string | null;
  /** Of a single request. */
  readonly status: number | null;
};

/** How a line is read that is a visit. */
export const visitWords =
  'A visit is all that one agent asked for of one thing with no more than 30 minutes in between; --requests shows each request.';

/** The accesses, oldest first. Lists, searches and exports that name nothing are not among them. */
export function readVisits(
  db: Database,
  filter: VisitFilter,
): AsyncGenerator<Visit, void, undefined> {
  const { type, id, agents, requests, fields } = filter;
  const values: unknown[] = [...spanValues(filter), type];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [
    withinSpan,
    'r.resource_type = $4',
    `(r.resource_id is not null or r.kind not in ('list', 'search', 'export'))`,
    ...(id === undefined ? [] : [`r.resource_id = ${place(id)}`]),
    ...(agents === undefined ? [] : [`r.user_id = any (${place([...agents])}::bigint[])`]),
  ];
  const seen = `seen as (
      select r.timestamp, r.access_log_id, r.position, r.user_id, r.resource_id, r.kind, r.status, l.ip_address,
        ${outcome} as outcome, ${byProgram} as by_program
      from ${resourcesWithRequests}
      where ${conditions.join('\n        and ')}
    )`;
  const group = `user_id, resource_id, by_program, outcome, ${requests ? 'access_log_id' : 'visit'}`;
  const accesses = `with ${seen}${requests ? '' : `, ${numbered}`}
    select min(timestamp) as first_at, max(timestamp) as last_at, user_id::text, resource_id, by_program, outcome,
      string_agg(distinct kind, ', ' order by kind) as kinds,
      count(distinct access_log_id)::integer as requests,
      string_agg(distinct host(ip_address), ', ' order by host(ip_address)) as addresses,
      ${requests ? 'min(status)' : 'null::smallint'} as status, min(access_log_id) as access_log_id
    from ${requests ? 'seen' : 'numbered'}
    group by ${group}
    order by first_at, min(access_log_id), min(position), user_id`;
  return db.read<Visit>(withRecords(accesses, fields), values);
}

const thing = 'partition by user_id, resource_id, by_program, outcome';

const numbered = `marked as (
      select *, (timestamp - lag(timestamp) over thing <= ${visitGap}) is not true as begins
      from seen
      window thing as (${thing} order by timestamp, access_log_id)
    ),
    numbered as (
      select *, count(*) filter (where begins) over (${thing} order by timestamp, access_log_id) as visit
      from marked
    )`;
