/** How far back a log is pulled, and how much of that is covered. */
import type { Queryable } from '../database/client.ts';
import { fromSeconds } from '../span.ts';
import { findBeginning } from './beginning.ts';
import { findKeptSince, loadCoverage, measureProgress, type StreamKey } from './coverage.ts';
import { keyOf, type Pull } from './pull.ts';

/**
 * The oldest second that is wanted and available: as the settings say, but not what the source no longer keeps; if neither
 * decides it, the oldest record of the account, which is found, proved and stored once. Undefined while there is none.
 */
export async function findHorizon(pull: Pull): Promise<number | undefined> {
  const { engine, stream } = pull;
  const wanted = engine.settings.horizons[stream.name];
  if (stream.retentionDays !== undefined) {
    const kept = findKeptSince(stream.retentionDays, engine.clocks.now().likely);
    return Math.max(kept, wanted ?? kept);
  }
  const key = keyOf(pull);
  const { horizon, isProved } = await loadStream(engine.db, key);
  if (wanted !== undefined) {
    if (horizon !== wanted || isProved) await storeHorizon(engine.db, key, wanted, false);
    return wanted;
  }
  if (horizon !== undefined && isProved) return horizon;
  const beginning = await findBeginning(pull, horizon);
  if (beginning !== undefined) await storeHorizon(engine.db, key, beginning, true);
  return beginning;
}

/** Reports how much of the time from the horizon to the newest covered moment is covered. */
export async function reportCovered(pull: Pull, horizon: number): Promise<void> {
  const { engine, stream } = pull;
  const coverage = await loadCoverage(engine.db, keyOf(pull));
  const newest = coverage.at(-1)?.to ?? engine.clocks.now().likely;
  engine.report({
    type: 'covered',
    stream: stream.name,
    share: measureProgress(coverage, horizon, newest),
    wantedSeconds: newest - horizon,
  });
}

/** What the ledger knows about a stream besides its coverage. Times in whole seconds. */
type StreamState = {
  /** The oldest wanted second; undefined until known, and if the retention decides. */
  readonly horizon: number | undefined;
  /** Whether a request for older records found nothing. */
  readonly isProved: boolean;
  /** Start of the first live span; undefined before the first run. */
  readonly followedFrom: number | undefined;
};

/** Loads what is known about a stream. */
export async function loadStream(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<StreamState> {
  const [row] = await db.query<{
    horizon: number | null;
    proved: boolean;
    followed_from: number | null;
  }>(
    `select extract(epoch from horizon)::float8 as horizon, horizon_proved_at is not null as proved,
       extract(epoch from followed_from)::float8 as followed_from
     from zendesk_sync.streams where account = $1 and stream = $2`,
    [account, stream],
  );
  return {
    horizon: row?.horizon ?? undefined,
    isProved: row?.proved ?? false,
    followedFrom: row?.followed_from ?? undefined,
  };
}

async function storeHorizon(
  db: Queryable,
  { account, stream }: StreamKey,
  horizon: number,
  isProved: boolean,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams set horizon = $3, horizon_proved_at = case when $4 then clock.at end
     from (select now() as at) as clock
     where account = $1 and stream = $2`,
    [account, stream, fromSeconds(horizon), isProved],
  );
}
