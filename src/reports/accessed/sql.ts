/** The types of the accessed resources. */
import type { Queryable } from '../../database/client.ts';
import { accessLogs } from '../../streams/access-logs.ts';

/**
 * The types of resources that requests of the account have named, singular, sorted. From the rollup, jumping from type to
 * type through its index, and from the rows of the days that are not in it yet.
 */
export async function listResourceTypes(db: Queryable, account: string): Promise<string[]> {
  const rows = await db.query<{ type: string }>(
    `with recursive rolled_up as (
       (
         select day, resource_type from zendesk.resource_day
         where account = $1
         order by day, resource_type
         limit 1
       )
       union all
       select next.day, next.resource_type
       from rolled_up
       cross join lateral (
         select d.day, d.resource_type
         from zendesk.resource_day d
         where d.account = $1 and (d.day, d.resource_type) > (rolled_up.day, rolled_up.resource_type)
         order by d.day, d.resource_type
         limit 1
       ) as next
     )
     select resource_type as type from rolled_up
     union
     select r.resource_type
     from zendesk_sync.stale_days s
     join zendesk.access_log_resources r
       on r.account = s.account
       and r.timestamp >= s.day::timestamp at time zone 'UTC'
       and r.timestamp < (s.day + 1)::timestamp at time zone 'UTC'
     where s.account = $1 and s.stream = $2 and r.resource_type is not null
     order by type`,
    [account, accessLogs.name],
  );
  return rows.map(({ type }) => type);
}
