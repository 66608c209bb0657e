/** The stored requests that no rule matches. */
import type { Database, Queryable } from '../../database/client.ts';

/** A request that no rule matches: the columns for its template. */
type UnclassifiedRequest = {
  readonly timestamp: Date;
  readonly method: string | null;
  readonly url: string | null;
  readonly graphql_operation_name: string | null;
  readonly graphql_operation_type: string | null;
  /** Empty for any text: only its existence matters. */
  readonly graphql_query: '' | null;
};

/** Reads the stored requests that are unclassified, in no order; `since` undefined: all of them. */
export function readUnclassified(
  db: Database,
  account: string,
  since: Date | undefined,
): AsyncGenerator<UnclassifiedRequest, void, undefined> {
  return db.read<UnclassifiedRequest>(
    `select l.timestamp, l.method, l.url, l.graphql_operation_name, l.graphql_operation_type,
       case when l.graphql_query is not null then '' end as graphql_query
     from zendesk.access_log_resources r
     join zendesk.access_logs l on l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
     where r.account = $1 and r.kind = 'unclassified' and r.timestamp >= $2 and l.account = $1 and l.timestamp >= $2`,
    [account, since ?? '-infinity'],
  );
}

/** How many requests of the access log are stored; `since` undefined: at any time. */
export async function countRequests(
  db: Queryable,
  account: string,
  since: Date | undefined,
): Promise<number> {
  const [count] = await db.query<{ requests: number }>(
    `select count(*)::float8 as requests from zendesk.access_logs where account = $1 and timestamp >= $2`,
    [account, since ?? '-infinity'],
  );
  return count?.requests ?? 0;
}
