import type { Queryable } from '../client.ts';

/** How many requests the days of a span had, and what no rule knows of them; from the daily rollups, whole days in UTC. */
export async function countUnclassified(
  db: Queryable,
  account: string,
  from: Date,
  to: Date,
): Promise<{ requests: number; unclassified: number }> {
  const [counts] = await db.query<{ requests: number; unclassified: number }>(
    `select coalesce(sum(requests), 0)::float8 as requests, coalesce(sum(unclassified), 0)::float8 as unclassified
     from zendesk.agent_day
     where account = $1 and day >= ($2::timestamptz at time zone 'UTC')::date
       and day <= (($3::timestamptz - interval '1 second') at time zone 'UTC')::date`,
    [account, from, to],
  );
  return counts ?? { requests: 0, unclassified: 0 };
}
