/** The timeline of an agent, and its sums. */
import type { Database, Queryable } from '../../database/client.ts';
import { outcome, spanValues, visitGap } from '../shared/accesses.ts';
import { withRecords } from '../shared/record-fields.ts';
import type {
  AgentFilter,
  KindTotals,
  NamedTotals,
  TimelineLines,
  TimelineRow,
  TimelineTotals,
} from './question.ts';

/** Starts from the requests, because only they have an index by user and time. */
const requests = `requests as (
    select r.timestamp, r.access_log_id, r.position, r.kind, r.resource_type, r.resource_id, r.search_query, l.ip_address,
      ${outcome} as outcome,
      case when r.kind in ('search', 'export', 'write', 'secret') then r.access_log_id end as single
    from zendesk.access_logs l
    join zendesk.access_log_resources r
      on r.account = l.account and r.timestamp = l.timestamp and r.access_log_id = l.id
      and r.timestamp >= $2 and r.timestamp < $3
    where l.account = $1 and l.timestamp >= $2 and l.timestamp < $3 and l.user_id = $4::bigint
  )`;

const thing = 'kind, outcome, resource_type, resource_id, search_query, single';

function valuesOf(filter: AgentFilter): unknown[] {
  return [...spanValues(filter), filter.agent];
}

/** The timeline, oldest first: visits, or each request about each thing. Noise of the user interface is not in it. */
export function readTimeline(
  db: Database,
  filter: AgentFilter,
  { requests: single, fields }: TimelineLines,
): AsyncGenerator<TimelineRow, void, undefined> {
  const rows = `with ${requests}${single ? '' : `, ${numbered}`}
     select min(timestamp) as first_at, max(timestamp) as last_at, kind, outcome, resource_type, resource_id, search_query,
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

/** What the timeline comes to. */
export async function countTimeline(db: Queryable, filter: AgentFilter): Promise<TimelineTotals> {
  const [totals] = await db.query<TimelineTotals>(
    `with ${requests}
     select count(distinct access_log_id)::integer as requests,
       count(distinct access_log_id) filter (where outcome = 'denied')::integer as denied,
       count(distinct ip_address)::integer as addresses,
       min(timestamp) as first_at, max(timestamp) as last_at
     from requests`,
    valuesOf(filter),
  );
  if (totals === undefined) throw new Error('A statement of sums gave no row.');
  return totals;
}

/** The answered requests of each kind, most first. */
export function countKinds(db: Queryable, filter: AgentFilter): Promise<KindTotals[]> {
  return db.query<KindTotals>(
    `with ${requests}
     select kind, count(distinct access_log_id)::integer as requests
     from requests
     where outcome = 'ok'
     group by kind
     order by requests desc, kind`,
    valuesOf(filter),
  );
}

/** The different resources of each type that answered requests named, most first. */
export function countNamed(db: Queryable, filter: AgentFilter): Promise<NamedTotals[]> {
  return db.query<NamedTotals>(
    `with ${requests}
     select resource_type, count(distinct resource_id)::integer as resources
     from requests
     where outcome = 'ok' and resource_id is not null
     group by resource_type
     order by resources desc, resource_type`,
    valuesOf(filter),
  );
}
