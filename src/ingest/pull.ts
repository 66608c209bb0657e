import { codeOf, explainError, isResumable } from '../errors.ts';
import { loadCoverage, type StreamKey } from '../database/coverage.ts';
import { closeFetch, type Fetch, type FetchKind } from '../database/fetches.ts';
import type { Lease } from '../database/leases.ts';
import { loadStream, storeHorizon } from '../database/streams.ts';
import { toSeconds, type Spans } from '../span.ts';
import type { LogStream } from '../streams/log-stream.ts';
import { measureProgress } from './coverage.ts';
import { priorities, type Engine } from './engine.ts';
import { runFetch, type FetchResult, type StoredPage } from './fetch.ts';
import type { Tally } from './run.ts';

/** A log stream at work: the stream, the lease it is pulled under, and where its log begins. */
export type Pull = {
  readonly engine: Engine;
  readonly stream: LogStream;
  readonly lease: Lease;
  readonly tally: Tally;
  readonly signal: AbortSignal;
};

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
      paging: stream.paging,
      needs: stream.needs,
      parameters: stream.oldestParameters,
      pageSize: 1,
      cursor: undefined,
    },
    signal,
  );
  pull.tally.add({ requests: 1 });
  pull.tally.noteAnswer(page.requestId);
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
  tally.noteSpan(fetch.span);
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
          tally.noteAnswer(page.requestId);
          afterPage?.(page);
        },
      },
      signal,
    );
  } catch (error) {
    // Whoever has taken over owns the ledger now.
    if (codeOf(error) !== 'lease_lost') {
      // An abort may carry the error of another cursor.
      const code = signal.aborted ? 'stopped' : codeOf(error);
      await closeFetch(engine.db, lease, fetch.fetch, 'failed', {
        code,
        error: signal.aborted ? 'Stopped before its end.' : explainError(error),
        resumable: isResumable(code),
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
