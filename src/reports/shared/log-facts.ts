import type { Queryable } from '../../database/client.ts';
import { loadArchivedSpans, type ArchivedSpan } from '../../ingest/archived-spans.ts';
import { loadCoverage, type StreamKey } from '../../ingest/coverage.ts';
import type { Loss } from '../../ingest/loss-words.ts';
import { loadLosses, withoutLosses } from '../../ingest/losses.ts';
import { listDropped, loadRemovals, type Removal } from '../../ingest/removals.ts';
import type { Verified } from '../../ingest/verification-words.ts';
import { subtract, toSeconds, type Spans } from '../../span.ts';
import { loadQuarantined, type QuarantinedSpans } from './quarantined-records.ts';

/** What the ledger says about one log of an account. Times in whole seconds since 1970. */
export type LogFacts = {
  readonly coverage: Spans;
  /** The oldest wanted instant, if the log is kept permanently; undefined until known. */
  readonly horizon: number | undefined;
  /** How long Zendesk keeps the log; undefined: permanently. */
  readonly retentionDays: number | undefined;
  /** Why Zendesk refuses the log at present; undefined if it does not. */
  readonly unavailableReason: string | undefined;
  /** What was removed by hand and is not all back, oldest first; none by default. */
  readonly losses?: readonly Loss[];
  /** Records in quarantine, by the seconds in which they may be: their own, if their time is known; none by default. */
  readonly quarantined?: QuarantinedSpans;
  /** The months that are in the archive; none by default. */
  readonly archived?: readonly ArchivedSpan[];
  /** What retention has taken away, oldest first; none by default. */
  readonly removals?: readonly Removal[];
  /** What its verifications came to; left out: not verified yet. */
  readonly verified?: Verified | undefined;
};

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
  const losses = await loadLosses(db, key);
  const removals = await loadRemovals(db, key);
  const [verified] = await db.query<Verified>(
    `select verified_at, deeply_verified_at, found from zendesk_sync.verified_logs where account = $1 and stream = $2`,
    [key.account, key.stream],
  );
  return {
    verified,
    losses,
    archived: await loadArchivedSpans(db, key),
    removals,
    coverage: subtract(withoutLosses(await loadCoverage(db, key), losses), listDropped(removals)),
    quarantined: await loadQuarantined(db, key),
    horizon: row?.horizon ?? undefined,
    retentionDays: row?.retention_days ?? undefined,
    unavailableReason: row?.unavailable_reason ?? undefined,
  };
}

/** The first second that anything is known of. */
export function findOldest({ coverage, horizon, losses = [], removals = [] }: LogFacts): number {
  return Math.min(
    coverage[0]?.from ?? Infinity,
    listDropped(removals)[0]?.from ?? Infinity,
    horizon ?? Infinity,
    ...losses.map(({ lost_from: from }) => toSeconds(new Date(from))),
  );
}
