/** The basis of a report about accesses: the coverage of the access log, and how much of it the rules know. */
import type { Queryable } from '../../database/client.ts';
import { accessLogs } from '../../streams/access-logs.ts';
import type { ReportScope, ReportSpan, ReportStatement } from './report.ts';
import { describeCoverage } from './statement.ts';

/**
 * States how much of a span of the access log is stored, and how many of its requests no rule matches.
 *
 * @throws {KnownError} `bad_input` as `describeCoverage` does
 */
export async function describeAccessCoverage(
  scope: ReportScope,
  span: ReportSpan,
): Promise<ReportStatement> {
  const statement = await describeCoverage(scope, { log: accessLogs, ...span });
  const counts = await countUnclassified(scope.db, scope.account, span);
  return { ...statement, coverage: [...statement.coverage, ...stateUnclassified(counts)] };
}

/** Requests of some days, and how many of them no rule matches. */
type RequestCounts = { readonly requests: number; readonly unclassified: number };

/** Counts the requests of the days of a span, from the daily rollups: whole days in UTC. */
export async function countUnclassified(
  db: Queryable,
  account: string,
  { from, to }: ReportSpan,
): Promise<RequestCounts> {
  const [counts] = await db.query<RequestCounts>(
    `select coalesce(sum(requests), 0)::float8 as requests, coalesce(sum(unclassified), 0)::float8 as unclassified
     from zendesk.agent_day
     where account = $1 and day >= ($2::timestamptz at time zone 'UTC')::date
       and day <= (($3::timestamptz - interval '1 second') at time zone 'UTC')::date`,
    [account, from, to],
  );
  return counts ?? { requests: 0, unclassified: 0 };
}

function stateUnclassified({ requests, unclassified }: RequestCounts): string[] {
  if (requests === 0) return [];
  const all = requests.toLocaleString('en-US');
  if (unclassified === 0)
    return [`The rules recognise what each of the ${all} requests on these days was about.`];
  const share = ((unclassified / requests) * 100).toFixed(1);
  return [
    `No rule recognises what ${share} % of the requests on these days (${unclassified.toLocaleString('en-US')} of ${all}) were about.`,
  ];
}
