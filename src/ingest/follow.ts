/** Follows a log to the present. */
import type { Queryable } from '../database/client.ts';
import { aheadOfNeed } from '../database/partitions.ts';
import { fromSeconds } from '../span.ts';
import { loadCoverage, type StreamKey } from './coverage.ts';
import { closeFetch, loadResumable, openFetch } from './fetch.ts';
import { withdrawFuture } from './future.ts';
import { planLive } from './plan.ts';
import { keyOf, type Pull } from './pull.ts';
import { findHorizon, loadStream, reportCovered } from './horizon.ts';
import { readSpan } from './span-reader.ts';

/** A clock that was wrong by more than this made a wrong plan. */
const noticeableSkewMs = 5000;

/**
 * Reads from the end of the coverage to now. If the first answers show that a wrong clock was used for the plan, it plans
 * again.
 */
export async function followLog(pull: Pull): Promise<void> {
  const { engine, stream } = pull;
  const { clocks } = engine;
  await clocks.readDatabase(engine.db);
  await engine.ensurePartitions(
    stream.table,
    aheadOfNeed(stream.table, clocks.now().likely * 1000),
    true,
  );
  for (const fetch of await loadResumable(engine.db, keyOf(pull))) {
    // The live span is planned again at each tick; one that did not end covered nothing.
    if (fetch.kind === 'live') await closeFetch(engine.db, pull.lease, fetch, 'abandoned');
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const skewMs = clocks.likelySkewMs();
    await followOnce(pull);
    clocks.compare();
    if (Math.abs(clocks.likelySkewMs() - skewMs) <= noticeableSkewMs) return;
  }
}

async function followOnce(pull: Pull): Promise<void> {
  const { engine, stream } = pull;
  const key = keyOf(pull);
  const { followedFrom } = await loadStream(engine.db, key);
  const horizon = await findHorizon(pull);
  const coverage = await withdrawFuture(pull, await loadCoverage(engine.db, key));
  const { likely } = engine.clocks.now();
  const span = planLive(coverage, horizon ?? 0, likely, engine.settings.settleSeconds);
  const pageSize = engine.pageSizes.next(stream.name);
  const open = await openFetch(engine.db, pull.lease, { kind: 'live', span, pageSize });
  const { fetch: done } = await readSpan(pull, { ...open, maySplit: false });
  if (followedFrom === undefined)
    await storeFollowedFrom(engine.db, key, Math.min(span.from, done.askedAt ?? span.from));
  if (horizon !== undefined) await reportCovered(pull, horizon);
}

/** Stores since when a stream is followed; the first value stays. */
async function storeFollowedFrom(
  db: Queryable,
  { account, stream }: StreamKey,
  followedFrom: number,
): Promise<void> {
  await db.query(
    `update zendesk_sync.streams set followed_from = coalesce(followed_from, $3) where account = $1 and stream = $2`,
    [account, stream, fromSeconds(followedFrom)],
  );
}
