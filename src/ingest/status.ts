import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import type { Stream } from '../streams/stream.ts';
import type { Loss } from './loss-words.ts';

/** A row of the view `zendesk_sync.status`; durations in seconds. */
export type StreamStatus = {
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
  /** What was taken away by hand and is not all back, oldest first. */
  readonly losses: readonly Loss[];
  /** What was found by reading covered spans again, by the age at which that was done, youngest first. */
  readonly late_rows: readonly LateRows[];
};

/** New rows that one age of RESCAN_AFTER has found in covered spans. */
type LateRows = {
  readonly age_seconds: number;
  readonly rows: number;
  /** ISO 8601; null while there are none. */
  readonly last_found_at: string | null;
};

/** How every stream stands, or those of one account; streams in the given order, unknown ones last. */
export async function loadStatus(
  db: Queryable,
  streams: readonly Pick<Stream, 'name'>[],
  account?: string,
): Promise<StreamStatus[]> {
  return db.query<StreamStatus>(
    `select account, stream, state, covered_from, covered_until, gaps,
       gap_seconds::float8 as gap_seconds, lost_seconds::float8 as lost_seconds,
       extract(epoch from headroom)::float8 as headroom_seconds, extract(epoch from lag)::float8 as lag_seconds,
       last_success, last_error, last_error_code, last_error_at, rows::float8 as rows,
       quarantined::float8 as quarantined, losses, late_rows
     from zendesk_sync.status
     where $1::text is null or account = $1
     order by account, array_position($2::text[], stream), stream`,
    [account ?? null, streams.map(({ name }) => name)],
  );
}
