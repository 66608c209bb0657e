/** Who may have seen the records of one person: requests without information about what they showed. */
import type { ReadableDatabase, Queryable } from '../../database/client.ts';
import { byProgram, outcome, resourcesWithRequests, withinSpan } from '../shared/accesses.ts';
import { subjectRecords, subjectValues } from './confirmed-sql.ts';
import { withRecords } from '../shared/record-fields.ts';
import type { PossibleTotals, SubjectFilter, SubjectLines, SubjectRow } from './question.ts';

/** How the rows are grouped. */
type PossibleGrouping = {
  /** The first moments of the days of the span, in order: the server need not know the time zone. */
  readonly days: readonly Date[];
  /** Whether searches with different texts are separate rows, with their text. */
  readonly searchText: boolean;
};

/** Types whose lists show people or what they wrote. */
const telling = [
  'activity',
  'article',
  'attachment',
  'call',
  'custom_object_record',
  'organization',
  'organization_membership',
  'satisfaction_rating',
  'suspended_ticket',
  'ticket',
  'user',
];

/** Urls for one organization, group or person that list the people or tickets that belong to it. */
const listBelow =
  '/(organizations/[^/?]+/(users|tickets|requests)|groups/[^/?]+/users|users/[^/?]+/tickets/(assigned|ccd|followed))(\\.json)?/?([?{[]|$)';

/** Requests that create something: they show or change nothing that existed. */
const creation = '^/api/v2/[a-z_]+(\\.json)?([?{[]|$)';

/**
 * A view or a change of something without a readable id: the log has cut the ids (`show_many?{...}`), or they are where the
 * program does not read them (in a GraphQL query, deep in its variables).
 */
const isUnnamed = `(r.kind in ('view', 'write', 'secret') and r.resource_id is null
          and (r.resource_type is null or r.resource_type = any (array['${telling.join("', '")}']))
          and (l.method = 'POST' and l.url ~ '${creation}') is not true)`;

/**
 * Lists, searches and exports of resources that contain people or tickets, including the tickets of a view, and requests
 * that no rule matches or that do not name what they are about. Requests that name another person or ticket, and those that
 * only count, are not included.
 */
const possible = `possible as (
    select r.timestamp, r.access_log_id, r.user_id, case when ${isUnnamed} then 'unnamed' when r.kind = 'view' then 'list' else r.kind end as kind, r.resource_type, r.search_query, l.ip_address,
      ${byProgram} as by_program
    from ${resourcesWithRequests}
    where ${withinSpan} and ${outcome} = 'ok'
      and (
        r.kind = 'unclassified'
        or ${isUnnamed}
        or (r.kind = 'view' and r.resource_type in ('organization', 'group', 'user') and l.url ~ '${listBelow}')
        or (
          r.kind in ('list', 'search', 'export')
          and (
            r.resource_type is null
            or (r.resource_type = any (array['${telling.join("', '")}'])
              and (r.resource_type not in ('user', 'ticket') or r.resource_id is null))
            or (r.resource_type = 'view' and r.resource_id is not null)
          )
          and coalesce(l.url !~ '/count(_many)?(\\.json)?([?{[]|$)', true)
        )
      )
      and not exists (
        select from zendesk.access_log_resources c
        join ${subjectRecords} on c.resource_type = t.resource_type and c.resource_id = t.resource_id
        where c.account = $1 and c.timestamp >= $2 and c.timestamp < $3
          and c.timestamp = r.timestamp and c.access_log_id = r.access_log_id
      )
  )`;

/** How many requests of each kind may have shown the person. */
export function countPossible(db: Queryable, filter: SubjectFilter): Promise<PossibleTotals[]> {
  return db.query<PossibleTotals>(
    `with ${possible}
     select kind, count(distinct access_log_id)::integer as requests,
       count(distinct coalesce(user_id, 0))::integer as agents
     from possible
     group by kind
     order by kind`,
    subjectValues(filter),
  );
}

/** The requests that may have shown the person: one row for each day, agent, kind and, if wanted, search; or each request. */
export function readPossible(
  db: ReadableDatabase,
  filter: SubjectFilter,
  { days, searchText }: PossibleGrouping,
  { requests, fields }: SubjectLines,
): AsyncGenerator<SubjectRow, void, undefined> {
  return db.read<SubjectRow>(
    withRecords(
      `with ${possible},
     told as (
       select *, case when $7::boolean then search_query end as shown_query, width_bucket(timestamp, $6::timestamptz[]) as day
       from possible
     )
     select min(timestamp) as first_at, max(timestamp) as last_at, user_id::text, by_program, kind as kinds,
       string_agg(distinct resource_type, ', ' order by resource_type) as resource_types,
       null::text as resource_id, shown_query as search_query,
       count(distinct access_log_id)::integer as requests, min(access_log_id) as access_log_id,
       string_agg(distinct host(ip_address), ', ' order by host(ip_address)) as addresses
     from told
     group by ${requests ? 'access_log_id' : 'day'}, user_id, by_program, kind, shown_query
     order by first_at, min(access_log_id), kind`,
      fields,
    ),
    [...subjectValues(filter), [...days], searchText],
  );
}
