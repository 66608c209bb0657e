import type { StreamKey } from '../postgres/coverage.ts';
import { loadCoverage } from '../postgres/coverage.ts';
import {
  closeFetch,
  loadResumable,
  openFetch,
  type Fetch,
  type FetchKind,
} from '../postgres/fetches.ts';
import { LeaseLostError, ZendeskError } from '../errors.ts';
import type { Lease } from '../postgres/leases.ts';
import { aheadOfNeed } from '../postgres/partitions.ts';
import { loadStream, storeFollowedFrom, storeHorizon } from '../postgres/streams.ts';
import { toSeconds, type Spans } from '../span.ts';
import type { LogStream } from '../streams/log-stream.ts';
import { measureProgress } from './coverage.ts';
import { priorities, type Engine } from './engine.ts';
import { runFetch, type FetchResult, type StoredPage } from './fetch.ts';
import { planLive } from './plan.ts';
import type { Tally } from './run.ts';

/** A log stream at work: the stream, the lease it is pulled under, and where its log begins. */
export type Pull = {
  readonly engine: Engine;
  readonly stream: LogStream;
  readonly lease: Lease;
  readonly tally: Tally;
  readonly signal: AbortSignal;
};

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
    if (fetch.kind === 'live') await closeFetch(engine.db, fetch.fetch, 'abandoned');
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
  const fetch = await openFetch(engine.db, key, 'live', span, stream.pageSize);
  const { fetch: done } = await carryOut(pull, fetch, coverage, false);
  if (state.followedFrom === undefined) {
    await storeFollowedFrom(engine.db, key, Math.min(span.from, done.askedAt ?? span.from));
  }
  if (horizon !== undefined) await reportCovered(pull, horizon);
}

/**
 * The oldest instant that is wanted and to be had: what the retention leaves, AUDIT_LOGS_START, or the oldest record of
 * the account, which is asked for once and kept. Undefined while an audit log has no record at all.
 */
export async function findHorizon(pull: Pull): Promise<number | undefined> {
  const { engine, stream, signal } = pull;
  const key = keyOf(pull);
  if (stream.retentionDays !== undefined) {
    return toSeconds(engine.zendesk.now()) - stream.retentionDays * 86_400;
  }
  const { horizon } = await loadStream(engine.db, key);
  const start = engine.settings.auditLogsStart;
  if (start !== undefined) {
    if (horizon !== start) await storeHorizon(engine.db, key, start);
    return start;
  }
  if (horizon !== undefined || stream.oldestParameters === undefined) return horizon;
  const page = await engine.zendesk.readPage(
    {
      group: stream.group,
      priority: priorities.live,
      path: stream.path,
      itemsKey: stream.itemsKey,
      parameters: stream.oldestParameters,
      pageSize: 1,
      cursor: undefined,
    },
    signal,
  );
  pull.tally.add({ requests: 1 });
  const oldest = page.records[0];
  if (oldest === undefined) return undefined;
  const found = Math.floor(stream.read(oldest).timeMs / 1000);
  await storeHorizon(engine.db, key, found);
  return found;
}

/** Reads one fetch to its end; one that fails keeps its cursor, so that the next run goes on there. */
export async function carryOut(
  pull: Pull,
  fetch: Fetch,
  covered: Spans,
  maySplit: boolean,
  afterPage?: (page: StoredPage) => void,
): Promise<FetchResult> {
  const { engine, stream, lease, signal, tally } = pull;
  try {
    return await runFetch(
      engine,
      {
        stream,
        lease,
        fetch,
        covered,
        priority: priorityOf(fetch.kind),
        maySplit,
        afterPage: (page) => {
          tally.add({ requests: 1, ...page.counts });
          afterPage?.(page);
        },
      },
      signal,
    );
  } catch (error) {
    // Whoever has taken over owns the ledger now.
    if (!(error instanceof LeaseLostError)) {
      await closeFetch(engine.db, fetch.fetch, 'failed', {
        error: signal.aborted
          ? 'Stopped before its end.'
          : error instanceof Error
            ? error.message
            : 'Failed.',
        resumable: !(
          error instanceof ZendeskError && ['cursor-refused', 'rejected'].includes(error.kind)
        ),
      }).catch(() => {});
    }
    throw error;
  }
}

/** Tells how much of the time from the horizon to the newest covered moment is covered. */
export async function reportCovered(pull: Pull, horizon: number): Promise<void> {
  const { engine, stream } = pull;
  const coverage = await loadCoverage(engine.db, keyOf(pull));
  const newest = coverage.at(-1)?.to ?? toSeconds(engine.zendesk.now());
  engine.report({
    type: 'covered',
    stream: stream.name,
    share: measureProgress(coverage, horizon, newest),
    wantedSeconds: newest - horizon,
  });
}

/** The key of the stream in the ledger. */
export function keyOf({ engine, stream }: Pick<Pull, 'engine' | 'stream'>): StreamKey {
  return { account: engine.account, stream: stream.name };
}

function priorityOf(kind: FetchKind): number {
  return kind === 'live'
    ? priorities.live
    : kind === 'rescan'
      ? priorities.rescan
      : priorities.backfill;
}
