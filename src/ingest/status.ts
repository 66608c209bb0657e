import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import type { AnchorStanding } from '../evidence/anchoring/standing.ts';
import type { Stream } from '../streams/stream.ts';
import type { Loss } from './loss-words.ts';
import type { Removal } from './removals.ts';
import type { LastReconciliation } from './reconcile/words.ts';
import type { Verified } from './verification-words.ts';

/** A row of the view `zendesk_sync.status`; durations in seconds. */
export type StreamStatus = Verified & {
  readonly account: string;
  readonly stream: string;
  readonly state: 'ok' | 'running' | 'failed' | 'unavailable';
  readonly covered_from: Date | null;
  readonly covered_until: Date | null;
  readonly gaps: number;
  readonly gap_seconds: number;
  readonly lost_seconds: number;
  readonly headroom_seconds: number | null;
  readonly lag_seconds: number | null;
  readonly last_success: Date | null;
  readonly last_error: string | null;
  /** What kind of error that is. */
  readonly last_error_code: ErrorCode | null;
  readonly last_error_at: Date | null;
  readonly rows: number;
  /** Records in quarantine because they could not be stored. */
  readonly quarantined: number;
  /** What was removed by hand and is not all back, oldest first. */
  readonly losses: readonly Loss[];
  /** What rescans of covered spans found, by the age of the rescan, youngest first. */
  readonly late_rows: readonly LateRows[];
  /** The places outside of the database that checkpoints of the account's sealed log are brought to. */
  readonly anchors: readonly AnchorStanding[];
  /** How much verifications found that no later one has cleared. */
  readonly verification_findings: number;
  /** What the last comparison with Zendesk came to; null before the first. */
  readonly last_reconciliation: LastReconciliation | null;
  /** What retention has taken away, oldest first. */
  readonly removals: readonly Removal[];
  /** Rows that are in the archive and not in the table. */
  readonly archived_rows: number;
};

/** New rows that one age of RESCAN_AFTER has found in covered spans. */
type LateRows = {
  readonly age_seconds: number;
  readonly rows: number;
  /** ISO 8601; null while there are none. */
  readonly last_found_at: string | null;
};

/** The status of every stream, or of those of one account; streams in the given order, unknown ones last. */
export async function loadStatus(
  db: Queryable,
  streams: readonly Pick<Stream, 'name'>[],
  account?: string,
): Promise<StreamStatus[]> {
  return db.query<StreamStatus>(
    `select account, stream, state, covered_from, covered_until, gaps,
       gap_seconds::float8 as gap_seconds, lost_seconds::float8 as lost_seconds,
       headroom_seconds::float8 as headroom_seconds, lag_seconds::float8 as lag_seconds,
       last_success, last_error, last_error_code, last_error_at, rows::float8 as rows,
       quarantined::float8 as quarantined, losses, late_rows,
       verified_at, deeply_verified_at, verification_findings::float8 as verification_findings, found,
       last_reconciliation, anchors, removals, archived_rows::float8 as archived_rows
     from zendesk_sync.status
     where $1::text is null or account = $1
     order by account, array_position($2::text[], stream), stream`,
    [account ?? null, streams.map(({ name }) => name)],
  );
}
