import { codeOf, concernsSpan } from '../errors.ts';
import { loadCoverage, loadRescans, addRescan } from '../database/coverage.ts';
import {
  closeFetch,
  loadResumable,
  openFetch,
  reopenFetch,
  type Fetch,
} from '../database/fetches.ts';
import { loadStream } from '../database/streams.ts';
import { intersect, subtract, toSeconds, unite, type Span, type Spans } from '../span.ts';
import { findGaps } from './coverage.ts';
import type { FetchResult, StoredPage } from './fetch.ts';
import {
  adaptSpanSeconds,
  countCursors,
  firstSpanSeconds,
  liveReachSeconds,
  measureNeed,
  nameGap,
  planOldest,
  planRescan,
} from './plan.ts';
import { carryOut, findHorizon, keyOf, reportCovered, type Pull } from './pull.ts';

/** So many spans that fail one after the other mean that it is not the spans. */
const failuresAllowed = 3;

/** What is to be read: every gap of the log, or a span whatever the coverage says. */
export type Goal = 'gaps' | Span;

/**
 * Reads until the goal is reached, oldest first: fills every gap and reads again what is due, or reads one long span.
 *
 * Several cursors read at once when the pages are slow and the log is dense, as many as it takes to spend the budget and
 * as the other backfills of the process leave.
 * Fetches that a dead or failed run left behind go on at their cursors first. A span that cannot be read is left out, the
 * others are read, and the run fails at its end with the first error.
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
  const { engine, stream } = pull;
  const state = await loadStream(engine.db, keyOf(pull));
  await seedRescans(pull);

  const resumable = goal === 'gaps' ? await chooseResumable(pull) : [];
  let done: Spans = [];
  const reading = new Map<Promise<void>, Span>();
  const failures: unknown[] = [];
  let failuresInARow = 0;
  const stop = new AbortController();
  const signal = AbortSignal.any([pull.signal, stop.signal]);
  let spanSeconds = firstSpanSeconds;
  let dense = false;
  let wake: (() => void) | undefined;
  let ended = 0;

  const start = (fetch: Fetch, covered: Spans): void => {
    const maySplit = fetch.kind !== 'rescan' && fetch.pages === 0;
    const work = carryOut({ ...pull, signal }, fetch, covered, maySplit, noteDensity)
      .then((result) => {
        if (fetch.kind !== 'rescan') spanSeconds = chooseLength(fetch, result, spanSeconds);
        if (result.splitSeconds === undefined) done = unite(done, [fetch.span]);
        failuresInARow = 0;
      })
      .catch((error: unknown) => {
        failures.push(error);
        failuresInARow += 1;
        // The other spans do not wait for one that cannot be read: they may expire at the source meanwhile.
        if (!concernsSpan(codeOf(error)) || failuresInARow >= failuresAllowed) stop.abort(error);
        done = unite(done, [fetch.span]);
      })
      .finally(() => {
        reading.delete(work);
        ended += 1;
      });
    reading.set(work, fetch.span);
  };

  const countWanted = (): number =>
    Math.min(
      engine.cursorShare.count(),
      countCursors(
        engine.settings.requestsPerMinute[stream.group.name],
        engine.pace.pageMs(stream.name),
        dense,
      ),
    );
  let wanted = countWanted();

  function noteDensity({ hasMore }: StoredPage): void {
    dense ||= hasMore;
    if (countWanted() > wanted) wake?.();
  }

  while (!signal.aborted) {
    wanted = countWanted();
    const endedBefore = ended;
    while (reading.size < wanted && !signal.aborted) {
      const plan = { goal, done, reading: [...reading.values()], spanSeconds };
      const next = await chooseNext(pull, resumable, plan, state.followedFrom);
      if (next === undefined) break;
      start(next.fetch, next.coverage);
    }
    if (reading.size === 0) {
      if (ended === endedBefore) break;
      // While the next span was chosen, the last one ended: one that proved too dense is to be read again.
      continue;
    }
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([...reading.keys(), woken]);
    const horizon = await findHorizon(pull);
    if (horizon !== undefined) await reportCovered(pull, horizon);
  }
  await Promise.all(reading.keys());
  pull.signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

/** Whether there is a gap to fill, a span to read again or a fetch to resume. Not to be asked while a fill runs. */
export async function hasWork(pull: Pull): Promise<boolean> {
  const resumable = await chooseResumable(pull);
  const plan: Plan = { goal: 'gaps', done: [], reading: [], spanSeconds: firstSpanSeconds };
  return resumable.length > 0 || (await planNext(pull, plan)) !== undefined;
}

type Plan = {
  readonly goal: Goal;
  /** Read or given up in this run: not again, even if a clock that was set back keeps it from counting as covered. */
  readonly done: Spans;
  readonly reading: readonly Span[];
  readonly spanSeconds: number;
};

async function chooseNext(
  pull: Pull,
  resumable: Fetch[],
  plan: Plan,
  followedFrom: number | undefined,
): Promise<{ fetch: Fetch; coverage: Spans } | undefined> {
  const { engine, stream } = pull;
  const earlier = resumable.shift();
  if (earlier !== undefined) {
    await reopenFetch(engine.db, pull.lease, earlier.fetch);
    return { fetch: earlier, coverage: await loadCoverage(engine.db, keyOf(pull)) };
  }
  const next = await planNext(pull, plan);
  if (next === undefined) return undefined;
  const kind = next.rescan ? 'rescan' : nameGap(next.span, followedFrom ?? Infinity);
  const fetch = await openFetch(engine.db, pull.lease, kind, next.span, stream.pageSize);
  return { fetch, coverage: next.coverage };
}

async function planNext(
  pull: Pull,
  { goal, done, reading, spanSeconds }: Plan,
): Promise<{ span: Span; rescan: boolean; coverage: Spans } | undefined> {
  const { engine } = pull;
  const coverage = await loadCoverage(engine.db, keyOf(pull));
  if (goal !== 'gaps') {
    const span = planOldest(subtract([goal], done), reading, spanSeconds);
    return span === undefined ? undefined : { span, rescan: false, coverage };
  }
  const horizon = await findHorizon(pull);
  if (horizon === undefined) return undefined;
  const rescanned = await loadRescans(engine.db, keyOf(pull));
  const now = toSeconds(engine.zendesk.now());
  // What the live fetch no longer reaches is a gap, also while following fails.
  const until = now - engine.settings.settleSeconds - liveReachSeconds;
  const again = planRescan(
    subtract(coverage, done),
    horizon,
    rescanned,
    engine.settings.rescanAges,
    now,
  );
  if (
    again !== undefined &&
    !reading.some((span) => span.from < again.to && again.from < span.to)
  ) {
    return { span: again, rescan: true, coverage };
  }
  const gap = planOldest(subtract(findGaps(coverage, horizon, until), done), reading, spanSeconds);
  return gap === undefined ? undefined : { span: gap, rescan: false, coverage };
}

/** Fetches that may go on, without those that are not needed any more or cannot be had any more. */
async function chooseResumable(pull: Pull): Promise<Fetch[]> {
  const { engine } = pull;
  const key = keyOf(pull);
  const horizon = await findHorizon(pull);
  const coverage = await loadCoverage(engine.db, key);
  const chosen: Fetch[] = [];
  for (const fetch of await loadResumable(engine.db, key)) {
    if (fetch.kind === 'live') continue;
    const needed = fetch.kind === 'rescan' || measureNeed(fetch.span, coverage) > 0;
    const overlaps = chosen.some(
      ({ span }) => span.from < fetch.span.to && fetch.span.from < span.to,
    );
    if (needed && !overlaps && fetch.cursor !== undefined && fetch.span.to > (horizon ?? 0))
      chosen.push(fetch);
    else await closeFetch(engine.db, pull.lease, fetch.fetch, 'abandoned');
  }
  return chosen;
}

function chooseLength(fetch: Fetch, result: FetchResult, spanSeconds: number): number {
  if (result.splitSeconds !== undefined) return result.splitSeconds;
  const length = fetch.span.to - fetch.span.from;
  // A short span at the end of a gap says little; the longer of the two is what was tried.
  return adaptSpanSeconds(Math.max(length, Math.min(spanSeconds, length * 2)), result.fetch.pages);
}

/**
 * An age that is new to the settings starts from now: what was covered long ago is not read all over again for it.
 */
async function seedRescans(pull: Pull): Promise<void> {
  const { engine } = pull;
  const key = keyOf(pull);
  const coverage = await loadCoverage(engine.db, key);
  const rescanned = await loadRescans(engine.db, key);
  const now = toSeconds(engine.zendesk.now());
  for (const age of engine.settings.rescanAges) {
    if (rescanned.has(age)) continue;
    for (const span of intersect(coverage, [{ from: 0, to: now - 2 * age }]))
      await addRescan(engine.db, key, age, span);
  }
}
