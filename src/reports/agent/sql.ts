/** The timeline of an agent or an address, and its totals. */
import type { ReadableDatabase, Queryable } from '../../database/client.ts';
import { outcome, spanValues, visitGap } from '../shared/accesses.ts';
import { withRecords } from '../shared/record-fields.ts';
import type { TimelineFilter, TimelineLines, TimelineRow, TimelineTotals } from './question.ts';

/** Starts with the requests, because only they have an index by user and time, and only they know addresses. */
function requestsOf(filter: TimelineFilter): string {
  const whose = 'agent' in filter ? 'l.user_id = $4::bigint' : 'l.ip_address <<= $4::inet';
  return `requests as (
    select r.timestamp, l.user_id, r.access_log_id, r.position, r.kind, r.resource_type, r.resource_id, r.search_query, l.ip_address,
      ${outcome} as outcome,
      case when r.kind in ('search', 'export', 'write', 'secret') then r.access_log_id end as single
    from zendesk.access_logs l
    join zendesk.access_log_resources r
      on r.account = l.account and r.timestamp = l.timestamp and r.access_log_id = l.id
      and r.timestamp >= $2 and r.timestamp < $3
    where l.account = $1 and l.timestamp >= $2 and l.timestamp < $3 and ${whose}
  )`;
}

const thing = 'user_id, kind, outcome, resource_type, resource_id, search_query, single';

function valuesOf(filter: TimelineFilter): unknown[] {
  return [...spanValues(filter), 'agent' in filter ? filter.agent : filter.network];
}

/** The timeline, oldest first: visits, or each request about each resource, without noise of the user interface. */
export function readTimeline(
  db: ReadableDatabase,
  filter: TimelineFilter,
  { requests: single, fields }: TimelineLines,
): AsyncGenerator<TimelineRow, void, undefined> {
  const rows = `with ${requestsOf(filter)}${single ? '' : `, ${numbered}`}
     select min(timestamp) as first_at, max(timestamp) as last_at, user_id::text, kind, outcome, resource_type, resource_id, search_query,
       count(distinct access_log_id)::integer as requests, min(access_log_id) as access_log_id,
       string_agg(distinct host(ip_address), ', ' order by host(ip_address)) as addresses
     from ${single ? 'requests' : 'numbered'}
     group by ${thing}, ${single ? 'access_log_id' : 'visit'}
     order by first_at, min(access_log_id), min(position), kind, resource_type, resource_id`;
  return db.read<TimelineRow>(withRecords(rows, fields), valuesOf(filter));
}

const numbered = `marked as (
       select *, (timestamp - lag(timestamp) over thing <= ${visitGap}) is not true as begins
       from requests
       window thing as (partition by ${thing} order by timestamp, access_log_id)
     ),
     numbered as (
       select *, count(*) filter (where begins) over (partition by ${thing} order by timestamp, access_log_id) as visit
       from marked
     )`;

/** The totals of the timeline, in one pass over its requests. */
export async function countTimeline(
  db: Queryable,
  filter: TimelineFilter,
): Promise<TimelineTotals> {
  const [totals] = await db.query<TimelineTotals>(
    `with ${requestsOf(filter)},
     kinds as (
       select kind, count(distinct access_log_id) as requests
       from requests
       where outcome = 'ok'
       group by kind
     ),
     named as (
       select resource_type, count(distinct resource_id) as resources
       from requests
       where outcome = 'ok' and resource_id is not null
       group by resource_type
     )
     select count(distinct access_log_id)::integer as requests,
       count(distinct access_log_id) filter (where outcome = 'denied')::integer as denied,
       count(distinct coalesce(user_id, 0))::integer as agents,
       count(distinct ip_address)::integer as addresses,
       min(timestamp) as first_at, max(timestamp) as last_at,
       (select string_agg(kind || ' ' || requests, ', ' order by requests desc, kind) from kinds) as kinds,
       (select string_agg(resource_type || ' ' || resources, ', ' order by resources desc, resource_type) from named) as resources
     from requests`,
    valuesOf(filter),
  );
  if (totals === undefined) throw new Error('A statement of sums gave no row.');
  return totals;
}
