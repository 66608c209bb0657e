import { loadCoverage } from '../database/coverage.ts';
import { closeFetch, loadResumable, openFetch } from '../database/fetches.ts';
import { aheadOfNeed } from '../database/partitions.ts';
import { loadStream, storeFollowedFrom } from '../database/streams.ts';
import { toSeconds } from '../span.ts';
import { planLive } from './plan.ts';
import { carryOut, findHorizon, keyOf, reportCovered, type Pull } from './pull.ts';

/** A clock that was wrong by more than this made a wrong plan. */
const noticeableSkewMs = 5000;

/**
 * Follows the log to the present: reads from the end of the coverage to now. When the first answers show that the local
 * clock is wrong, the plan is made again by the trusted clock.
 */
export async function followLog(pull: Pull): Promise<void> {
  const { engine, stream } = pull;
  const key = keyOf(pull);
  await engine.ensurePartitions(
    stream.partitions,
    aheadOfNeed(stream.partitions, engine.zendesk.now().getTime()),
  );
  for (const fetch of await loadResumable(engine.db, key)) {
    // The newest is planned afresh at each tick; nothing was claimed for the one that did not end.
    if (fetch.kind === 'live') await closeFetch(engine.db, pull.lease, fetch.fetch, 'abandoned');
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const skewMs = engine.zendesk.clockSkewMs();
    await followOnce(pull);
    if (Math.abs(engine.zendesk.clockSkewMs() - skewMs) <= noticeableSkewMs) return;
  }
}

async function followOnce(pull: Pull): Promise<void> {
  const { engine, stream } = pull;
  const key = keyOf(pull);
  const state = await loadStream(engine.db, key);
  const horizon = await findHorizon(pull);
  const coverage = await loadCoverage(engine.db, key);
  const now = toSeconds(engine.zendesk.now());
  const span = planLive(coverage, horizon ?? 0, now, engine.settings.settleSeconds);
  const fetch = await openFetch(engine.db, pull.lease, 'live', span, stream.pageSize);
  const { fetch: done } = await carryOut(pull, fetch, coverage, false);
  if (state.followedFrom === undefined) {
    await storeFollowedFrom(engine.db, key, Math.min(span.from, done.askedAt ?? span.from));
  }
  if (horizon !== undefined) await reportCovered(pull, horizon);
}
