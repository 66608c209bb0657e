/** A log at work, and where it begins. */
import type { Queryable } from '../database/client.ts';
import { fromSeconds } from '../span.ts';
import { requestOf, type LogStream } from '../streams/stream.ts';
import { findKeptSince, loadCoverage, measureProgress, type StreamKey } from './coverage.ts';
import { priorities, type Engine } from './engine.ts';
import { checkLease, type Lease } from './lease.ts';
import { readPage } from './page-records.ts';
import { storeQuarantine } from './quarantine.ts';
import type { Tally } from './run.ts';

/** A log at work: the stream, the lease it is pulled under, and what adds up what is done. */
export type Pull = {
  readonly engine: Engine;
  readonly stream: LogStream;
  readonly lease: Lease;
  readonly tally: Tally;
  readonly signal: AbortSignal;
};

/** The key of the stream in the ledger. */
export function keyOf({ engine, stream }: Pick<Pull, 'engine' | 'stream'>): StreamKey {
  return { account: engine.account, stream: stream.name };
}

/**
 * The oldest second that is wanted and to be had: what the settings want, but not what the source no longer keeps; where
 * neither says it, the oldest record of the account, which is asked for once and kept. Undefined while there is none.
 */
export async function findHorizon(pull: Pull): Promise<number | undefined> {
  const { engine, stream } = pull;
  const wanted = engine.settings.horizons[stream.name];
  if (stream.retentionDays !== undefined) {
    const kept = findKeptSince(stream.retentionDays, engine.clocks.now().likely);
    return Math.max(kept, wanted ?? kept);
  }
  const key = keyOf(pull);
  const { horizon } = await loadStream(engine.db, key);
  if (wanted !== undefined) {
    if (horizon !== wanted) await storeHorizon(engine.db, key, wanted);
    return wanted;
  }
  if (horizon !== undefined) return horizon;
  const found = await askOldest(pull);
  if (found !== undefined) await storeHorizon(engine.db, key, found);
  return found;
}

/**
 * The second of the oldest record that the source has. Where that one cannot be read it goes into quarantine, because it may
 * lie before the oldest one that can.
 */
async function askOldest(pull: Pull): Promise<number | undefined> {
  const { engine, stream, lease, signal, tally } = pull;
  const { oldestParameters: parameters, pageSize: wholePage } = stream.source;
  if (parameters === undefined) return undefined;
  for (const pageSize of [1, wholePage]) {
    const request = { ...requestOf(stream), priority: priorities.live, parameters };
    const page = await engine.zendesk.readPage({ ...request, pageSize, cursor: undefined }, signal);
    tally.add({ requests: 1 });
    tally.noteAnswer(page.requestId);
    const { rows, quarantined } = readPage(stream, engine.classify, page);
    if (quarantined.length > 0 && pageSize < wholePage) continue;
    if (quarantined.length > 0)
      await engine.db.transaction(async (tx) => {
        await checkLease(tx, lease);
        await storeQuarantine(tx, lease, quarantined, undefined);
      });
    const oldestMs = Math.min(...rows.map(({ timeMs }) => timeMs));
    return rows.length === 0 ? undefined : Math.floor(oldestMs / 1000);
  }
  return undefined;
}

/** Tells how much of the time from the horizon to the newest covered moment is covered. */
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

/** What the ledger knows of a stream besides its coverage. Times in whole seconds. */
type StreamState = {
  /** The oldest wanted second; undefined until known, and where the retention decides. */
  readonly horizon: number | undefined;
  /** Start of the first live span; undefined before the first run. */
  readonly followedFrom: number | undefined;
};

/** Loads what is known of a stream. */
export async function loadStream(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<StreamState> {
  const [row] = await db.query<{ horizon: number | null; followed_from: number | null }>(
    `select extract(epoch from horizon)::float8 as horizon, extract(epoch from followed_from)::float8 as followed_from
     from zendesk_sync.streams where account = $1 and stream = $2`,
    [account, stream],
  );
  return { horizon: row?.horizon ?? undefined, followedFrom: row?.followed_from ?? undefined };
}

async function storeHorizon(
  db: Queryable,
  { account, stream }: StreamKey,
  horizon: number,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams set horizon = $3 where account = $1 and stream = $2`,
    [account, stream, fromSeconds(horizon)],
  );
}
