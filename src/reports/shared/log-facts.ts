/** What the ledger and the rollups know of a log. */
import { loadCoverage, type StreamKey } from '../../database/coverage.ts';
import type { Queryable } from '../../database/client.ts';
import type { Spans } from '../../span.ts';

/** What the ledger says about one log of an account. Times in whole seconds since 1970. */
export type LogFacts = {
  readonly coverage: Spans;
  /** The oldest wanted instant, where the log is kept for ever; undefined until known. */
  readonly horizon: number | undefined;
  /** How long Zendesk keeps the log; undefined: for ever. */
  readonly retentionDays: number | undefined;
  /** Why Zendesk refuses the log at present; undefined when it does not. */
  readonly unavailableReason: string | undefined;
};

/** Requests of some days, and those among them that no rule knows. */
export type RequestCounts = { readonly requests: number; readonly unclassified: number };

/** Loads what a statement about completeness needs. A log that was never pulled has no facts. */
export async function loadLogFacts(db: Queryable, key: StreamKey): Promise<LogFacts> {
  const [row] = await db.query<{
    horizon: number | null;
    retention_days: number | null;
    unavailable_reason: string | null;
  }>(
    `select extract(epoch from horizon)::float8 as horizon, retention_days, unavailable_reason
     from zendesk_sync.streams where account = $1 and stream = $2`,
    [key.account, key.stream],
  );
  return {
    coverage: await loadCoverage(db, key),
    horizon: row?.horizon ?? undefined,
    retentionDays: row?.retention_days ?? undefined,
    unavailableReason: row?.unavailable_reason ?? undefined,
  };
}

/** Counts the requests of the days of a span, from the daily rollups: whole days in UTC. */
export async function countUnclassified(
  db: Queryable,
  account: string,
  from: Date,
  to: Date,
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
