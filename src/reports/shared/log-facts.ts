import type { Queryable } from '../../database/client.ts';
import { loadCoverage, type StreamKey } from '../../ingest/coverage.ts';
import type { Loss } from '../../ingest/loss-words.ts';
import { loadLosses, withoutLosses } from '../../ingest/losses.ts';
import type { Spans } from '../../span.ts';
import { loadQuarantined, type QuarantinedSpans } from './quarantined-records.ts';

/** What the ledger says about one log of an account. Times in whole seconds since 1970. */
export type LogFacts = {
  readonly coverage: Spans;
  /** The oldest wanted instant, where the log is kept for ever; undefined until known. */
  readonly horizon: number | undefined;
  /** How long Zendesk keeps the log; undefined: for ever. */
  readonly retentionDays: number | undefined;
  /** Why Zendesk refuses the log at present; undefined when it does not. */
  readonly unavailableReason: string | undefined;
  /** What was taken away by hand and is not all back, oldest first; none when it is left out. */
  readonly losses?: readonly Loss[];
  /** Records in quarantine, by the seconds in which they may lie: their own, where their time is known; none when it is left out. */
  readonly quarantined?: QuarantinedSpans;
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
  return {
    losses,
    coverage: withoutLosses(await loadCoverage(db, key), losses),
    quarantined: await loadQuarantined(db, key),
    horizon: row?.horizon ?? undefined,
    retentionDays: row?.retention_days ?? undefined,
    unavailableReason: row?.unavailable_reason ?? undefined,
  };
}
