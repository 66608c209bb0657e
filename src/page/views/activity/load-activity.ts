/** Activity day by day and over a time range, from the daily rollups alone. */
import type { Queryable } from '../../../database/client.ts';

/** Which days, as `2026-11-03`: from the first, before the last. */
export type ActivityRange = {
  readonly account: string | undefined;
  readonly from: string;
  readonly until: string;
};

/** Requests of a day by kind; `rest` is what has no kind, such as the noise of the user interface. */
type RequestDay = {
  readonly day: string;
  readonly requests: number;
  readonly views: number;
  readonly lists: number;
  readonly searches: number;
  readonly exports: number;
  readonly writes: number;
  readonly secrets: number;
  readonly logs: number;
  readonly unclassified: number;
  readonly rest: number;
  readonly denied: number;
};

/** How much there was of one name on a day; `others` is what is not drawn by its name. */
type NamedDay = { readonly day: string; readonly name: string; readonly count: number };

/** What the charts show. Days without anything are left out. */
export type ActivityDays = {
  /** The days of the charts: from the first, before the last. */
  readonly from: string;
  readonly until: string;
  readonly requests: readonly RequestDay[];
  /** By type. */
  readonly changes: readonly NamedDay[];
  /** By network. */
  readonly signIns: readonly NamedDay[];
  /** The first and the last day that have anything, of all time. */
  readonly first: string | null;
  readonly last: string | null;
  /** Days whose rows have changed and are not counted yet. */
  readonly pending: number;
};

/** What was done in a time range. Tickets are those of each day, added up. */
export type ActivityTotals = {
  readonly from: string;
  readonly until: string;
  readonly agents: readonly {
    readonly account: string;
    readonly personId: string;
    readonly person: string | null;
    readonly tickets: number;
    readonly requests: number;
    readonly searches: number;
    readonly exports: number;
    readonly writes: number;
    readonly denied: number;
    readonly days: number;
  }[];
  readonly changes: readonly {
    readonly type: string;
    readonly action: string;
    readonly changes: number;
    readonly actors: number;
  }[];
  readonly networks: readonly {
    readonly network: string;
    readonly signIns: number;
    readonly days: number;
    readonly first: Date;
    readonly last: Date;
  }[];
};

/** So many are listed of each, the greatest. */
const listed = 50;
/** More names would not be told apart in a chart; the others are one. */
const drawnNames = 6;

const inRange = '($1::text is null or account = $1) and day >= $2::date and day < $3::date';

/** Sums of each day by the names that are most frequent; the others are one. */
function sumByName(table: string, name: string, sum: string): string {
  return `with days as materialized (
      select day, ${name} as name, sum(${sum}) as count from ${table} where ${inRange} group by day, ${name}
    ),
    drawn as (select name from days group by name order by sum(count) desc, name limit ${drawnNames})
    select day::text as day, case when name in (select name from drawn) then name else 'others' end as name, sum(count)::float8 as count
    from days group by 1, 2 order by 1, 2 limit 40000`;
}

/** Loads what the charts over time show. */
export async function loadActivityDays(
  db: Queryable,
  { account, from, until }: ActivityRange,
): Promise<ActivityDays> {
  const values = [account ?? null, from, until];
  const requests = await db.query<RequestDay>(
    `select day::text as day, sum(requests)::float8 as requests, sum(views)::float8 as views, sum(lists)::float8 as lists,
       sum(searches)::float8 as searches, sum(exports)::float8 as exports, sum(writes)::float8 as writes,
       sum(secrets)::float8 as secrets, sum(logs)::float8 as logs, sum(unclassified)::float8 as unclassified,
       greatest(0, sum(requests - views - lists - searches - exports - writes - secrets - logs - unclassified))::float8 as rest,
       sum(denied)::float8 as denied
     from zendesk.agent_day where ${inRange} group by day order by day limit 5000`,
    values,
  );
  const changes = await db.query<NamedDay>(
    sumByName('zendesk.audit_day', 'source_type', 'changes'),
    values,
  );
  const signIns = await db.query<NamedDay>(
    sumByName('zendesk.sign_in_day', 'network', 'sign_ins'),
    values,
  );
  const [bounds] = await db.query<Pick<ActivityDays, 'first' | 'last' | 'pending'>>(
    `select min(first)::text as first, max(last)::text as last,
       (select count(*)::float8 from zendesk_sync.stale_days where $1::text is null or account = $1) as pending
     from (
       select min(day) as first, max(day) as last from zendesk.agent_day where $1::text is null or account = $1
       union all
       select min(day), max(day) from zendesk.audit_day where $1::text is null or account = $1
     ) as bounds`,
    [account ?? null],
  );
  return {
    from,
    until,
    requests,
    changes,
    signIns,
    first: bounds?.first ?? null,
    last: bounds?.last ?? null,
    pending: bounds?.pending ?? 0,
  };
}

/** Loads who did most, what was changed, and where people signed in from. */
export async function loadActivityTotals(
  db: Queryable,
  { account, from, until }: ActivityRange,
): Promise<ActivityTotals> {
  const values = [account ?? null, from, until];
  return {
    from,
    until,
    agents: await db.query(
      `select d.account, d.user_id::text as "personId", u.name as person, d.tickets, d.requests, d.searches, d.exports, d.writes,
         d.denied, d.days
       from (
         select account, user_id, sum(tickets)::float8 as tickets, sum(requests)::float8 as requests, sum(searches)::float8 as searches,
           sum(exports)::float8 as exports, sum(writes)::float8 as writes, sum(denied)::float8 as denied, count(*)::float8 as days
         from zendesk.agent_day where ${inRange} group by account, user_id
         order by tickets desc, requests desc, user_id limit ${listed}
       ) as d
       left join zendesk.users u on u.account = d.account and u.id = d.user_id
       order by d.tickets desc, d.requests desc, d.user_id`,
      values,
    ),
    changes: await db.query(
      `select source_type as type, action, sum(changes)::float8 as changes, count(distinct actor_id)::float8 as actors
       from zendesk.audit_day where ${inRange} group by 1, 2 order by 3 desc, 1, 2 limit ${listed}`,
      values,
    ),
    networks: await db.query(
      `select network, sum(sign_ins)::float8 as "signIns", count(distinct day)::float8 as days, min(first_at) as first, max(last_at) as last
       from zendesk.sign_in_day where ${inRange} group by 1 order by 2 desc, 1 limit ${listed}`,
      values,
    ),
  };
}
