/** Fills the gaps of a log, and reads again what is due. */
import { intersect, unite } from '../span.ts';
import { addRescan, coversWhole, loadCoverage, loadRescans } from './coverage.ts';
import { changeCoverage } from './coverage-change.ts';
import { withdrawFuture, withdrawFutureRescans } from './future.ts';
import {
  closeFetch,
  loadResumable,
  openFetch,
  reopenFetch,
  type Fetch,
  type OpenFetch,
} from './fetch.ts';
import {
  beginFill,
  noteBreak,
  noteDensity,
  noteEnd,
  noteFailure,
  noteStart,
  planNext,
  type FillFacts,
  type FillState,
  type Goal,
} from './fill-state.ts';
import { loadLostSince } from './losses.ts';
import { loadDropped } from './removals.ts';
import { countCursors, measureNeed, nameGap } from './plan.ts';
import { keyOf, rescanAgesOf, type Pull } from './pull.ts';
import { findHorizon, loadStream, reportCovered } from './horizon.ts';
import { readSpan } from './span-reader.ts';

/**
 * Reads until the goal is reached, oldest first: fills every gap and reads again what is due, or reads one long span.
 *
 * Several cursors read at once when the pages are slow and the log is dense: as many as are needed to use the budget, and as
 * the other backfills of the process leave. Fetches that a dead or failed run left behind continue at their cursors first. A
 * span that cannot be read is left out, the others are read, and the run fails at its end.
 */
export async function fillLog(pull: Pull, goal: Goal): Promise<void> {
  const leave = pull.engine.cursorShare.join();
  try {
    await fill(pull, goal);
  } finally {
    leave();
  }
}

async function fill(pull: Pull, goal: Goal): Promise<void> {
  const { followedFrom } = await loadStream(pull.engine.db, keyOf(pull));
  await seedRescans(pull);
  const resumable = goal === 'gaps' ? await chooseResumable(pull) : [];
  const ending = new AbortController();
  const own = { ...pull, signal: AbortSignal.any([pull.signal, ending.signal]) };
  const running = new Set<Promise<void>>();
  const { name } = pull.stream;
  const { unusable } = pull.engine;
  let state = beginFill(goal, unusable.get(name));
  let wanted = countWanted(pull, state);
  let news = Promise.withResolvers<void>();

  function change(next: FillState): void {
    state = next;
    unusable.set(name, state.division.unusable);
    if (state.failure?.endsRun === true) ending.abort(state.failure.error);
    news.resolve();
  }

  function start({ fetch, covered }: OpenFetch): void {
    state = noteStart(state, fetch.span);
    const maySplit = fetch.kind !== 'rescan' && fetch.pages === 0;
    const piece = { ...fetch.span, rescanAgeSeconds: fetch.rescanAgeSeconds };
    const afterPage = (more: boolean): void => {
      if (more) state = noteDensity(state);
      if (countWanted(pull, state) > wanted) news.resolve();
    };
    const work = readSpan(own, { fetch, covered, maySplit, afterPage }).then(
      (result) => change(noteEnd(state, result)),
      (error: unknown) => change(noteFailure(state, piece, error)),
    );
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  try {
    while (!own.signal.aborted) {
      // Before anything is checked, so that nothing that happens meanwhile is missed.
      news = Promise.withResolvers();
      const seen = state;
      wanted = countWanted(pull, state);
      if (state.reading.length < wanted) {
        const next = await chooseNext(own, resumable, state, followedFrom);
        if (next !== undefined) {
          start(next);
          continue;
        }
        // A span that ended while the next one was chosen may have been too dense.
        if (state.reading.length === 0 && state === seen) break;
      }
      await news.promise;
      const horizon = await findHorizon(own);
      if (horizon !== undefined) await reportCovered(own, horizon);
    }
  } catch (error) {
    change(noteBreak(state, error));
  }
  // Nothing is read after the run has ended.
  await Promise.all(running);
  pull.signal.throwIfAborted();
  if (state.failure !== undefined) throw state.failure.error;
}

/** Whether there is a gap to fill, a span to read again or a fetch to resume. Do not call it while a fill runs. */
export async function hasWork(pull: Pull): Promise<boolean> {
  const resumable = await chooseResumable(pull);
  return (
    resumable.length > 0 || planNext(beginFill('gaps'), await loadFacts(pull, 'gaps')) !== undefined
  );
}

function countWanted({ engine, stream }: Pull, { dense }: FillState): number {
  const requestsPerMinute = engine.requestsPerMinute(stream.budget.name);
  const useful = countCursors(requestsPerMinute, engine.pace.pageMs(stream.name), dense);
  return Math.min(engine.cursorShare.count(), useful);
}

async function chooseNext(
  pull: Pull,
  resumable: Fetch[],
  state: FillState,
  followedFrom = Infinity,
): Promise<OpenFetch | undefined> {
  const { engine, stream, lease } = pull;
  const earlier = resumable.shift();
  if (earlier !== undefined) return reopenFetch(engine.db, lease, earlier);
  const facts = await loadFacts(pull, state.goal);
  const next = planNext(state, facts);
  if (next === undefined) return undefined;
  const { span, rescanAgeSeconds } = next;
  const kind = rescanAgeSeconds === undefined ? nameGap(span, followedFrom) : 'rescan';
  const pageSize = engine.pageSizes.next(stream.name);
  return openFetch(engine.db, lease, { kind, span, pageSize, rescanAgeSeconds });
}

async function loadFacts(pull: Pull, goal: Goal): Promise<FillFacts> {
  const { engine } = pull;
  const key = keyOf(pull);
  await engine.clocks.readDatabase(engine.db);
  const coverage = await loadCoverage(engine.db, key);
  // A given span is read wherever the log begins; finding the beginning may take a request.
  const horizon = goal === 'gaps' ? await findHorizon(pull) : undefined;
  const rescanned = horizon === undefined ? new Map() : await loadRescans(engine.db, key);
  const { settleSeconds } = engine.settings;
  const rescanAges = rescanAgesOf(pull);
  const { earliest, likely } = engine.clocks.now();
  const dropped = await loadDropped(engine.db, key);
  return { coverage, dropped, horizon, rescanned, rescanAges, settleSeconds, earliest, likely };
}

/** Fetches that may continue; those that are no longer needed or no longer possible are ended. */
async function chooseResumable(pull: Pull): Promise<Fetch[]> {
  const { engine } = pull;
  const key = keyOf(pull);
  const horizon = await findHorizon(pull);
  const coverage = await loadCoverage(engine.db, key);
  const dropped = await loadDropped(engine.db, key);
  const chosen: Fetch[] = [];
  for (const fetch of await loadResumable(engine.db, key)) {
    if (fetch.kind === 'live') continue;
    const needed =
      measureNeed(fetch.span, fetch.kind === 'rescan' ? dropped : unite(coverage, dropped)) > 0;
    // They come in the order of their starts.
    const overlaps = chosen.some(({ span }) => fetch.span.from < span.to);
    // Its pages must be read again; if it ended, that would wait for the next run.
    const lost = intersect([fetch.span], await loadLostSince(engine.db, key, fetch.fetch));
    const mayCover = coversWhole(fetch, engine.settings.settleSeconds);
    const isWhole = !overlaps && lost.length === 0 && mayCover;
    if (needed && isWhole && fetch.cursor !== undefined && fetch.span.to > (horizon ?? 0))
      chosen.push(fetch);
    else await closeFetch(engine.db, pull.lease, fetch, 'abandoned');
  }
  return chosen;
}

/**
 * An age that is new in the settings starts now: older time already counts as read again, covered or not, because a gap that
 * is filled later is read at that age anyway.
 */
async function seedRescans(pull: Pull): Promise<void> {
  const { engine } = pull;
  const key = keyOf(pull);
  await engine.clocks.readDatabase(engine.db);
  await withdrawFuture(pull, await loadCoverage(engine.db, key));
  const rescanned = await withdrawFutureRescans(pull, await loadRescans(engine.db, key));
  const { earliest } = engine.clocks.now();
  for (const age of rescanAgesOf(pull)) {
    if (rescanned.has(age)) continue;
    const old = { from: 0, to: earliest - age };
    await changeCoverage(engine.db, pull.lease, (tx) => addRescan(tx, key, age, old));
  }
}
