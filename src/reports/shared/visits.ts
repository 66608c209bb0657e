/** Accesses to resources of one type: grouped into visits, or each request alone. */
import type { ReadableDatabase } from '../../database/client.ts';
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

/** Which accesses to show. */
type VisitFilter = AccessSpan & {
  /** Type of the resources, singular. */
  readonly type: string;
  /** Only accesses to the resource with this id; undefined: to all of the type. */
  readonly id: string | undefined;
  /** Only accesses of these agents, by id; undefined: of everybody. */
  readonly agents: readonly string[] | undefined;
  /** Only accesses that showed or did something, or only those that did not; undefined: all. */
  readonly outcomes?: 'answered' | 'refused' | undefined;
  /** Whether each request is a separate row. */
  readonly requests: boolean;
  /** How much of the record of each request to show; more than the default needs `requests`. */
  readonly fields: FieldChoice;
};

/** Requests of one agent for one resource with one outcome; a single request if these are wanted. */
export type Visit = RequestRow & {
  readonly last_at: Date;
  readonly user_id: string | null;
  /** Null if the requests were about the only resource of its type, such as the settings. */
  readonly resource_id: string | null;
  /** Kinds of the requests, separated by commas. */
  readonly kinds: string;
  readonly outcome: AccessOutcome;
  readonly by_program: boolean;
  readonly requests: number;
  /** Addresses of the requests, separated by commas. */
  readonly addresses: string | null;
  /** For a single request. */
  readonly status: number | null;
};

/** The meaning of a line that is a visit. */
export const visitWords =
  'A visit is all that one agent asked for of one thing with no more than 30 minutes in between; --requests shows each request.';

/** The accesses, oldest first. Lists, searches and exports without a named resource are not included. */
export function readVisits(
  db: ReadableDatabase,
  filter: VisitFilter,
): AsyncGenerator<Visit, void, undefined> {
  const { type, id, agents, outcomes, requests, fields } = filter;
  const values: unknown[] = [...spanValues(filter), type];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [
    withinSpan,
    'r.resource_type = $4',
    `(r.resource_id is not null or r.kind not in ('list', 'search', 'export'))`,
    ...(id === undefined ? [] : [`r.resource_id = ${place(id)}`]),
    ...(outcomes === undefined
      ? []
      : [`(${outcome}) ${outcomes === 'answered' ? '=' : '<>'} 'ok'`]),
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
