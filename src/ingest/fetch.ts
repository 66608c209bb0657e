import { breaksWalk, KnownError } from '../errors.ts';
import { restartFetch, type Fetch } from '../database/fetches.ts';
import type { Lease } from '../database/leases.ts';
import type { PageCounts } from '../database/log-row.ts';
import { storePage, type PageToStore } from '../database/pages.ts';
import { toSeconds, type Spans } from '../span.ts';
import type { LogRow, LogStream } from '../streams/log-stream.ts';
import type { Page } from '../zendesk/request.ts';
import { coveredByFetch } from './coverage.ts';
import { priorities, type Engine } from './engine.ts';
import { splitSpanSeconds } from './plan.ts';
import { describeTimes, readTimedPage, type TimedPage } from './timed-page.ts';
import { createWalkGuard } from './walk-guard.ts';

/** What a fetch needs besides the engine. */
export type FetchTask = {
  readonly stream: LogStream;
  readonly lease: Lease;
  readonly fetch: Fetch;
  /** What was covered when the fetch was planned: a new row in there is a late one. */
  readonly covered: Spans;
  readonly priority: number;
  /** Whether a span that proves too dense is given back to be read in smaller ones. */
  readonly maySplit: boolean;
  /** Hears of each page once it is stored. */
  readonly afterPage: (page: StoredPage) => void;
};

/** A page that is in the tables now, whether more follow, and Zendesk's id of the request that brought it. */
export type StoredPage = {
  readonly counts: PageCounts;
  readonly hasMore: boolean;
  readonly requestId: string | undefined;
};

/** How a fetch ended. `splitSeconds` is the length to use instead when the span was too dense. */
export type FetchResult = { readonly fetch: Fetch; readonly splitSeconds: number | undefined };

/**
 * Reads a span page by page to its end. The next page is asked for while one is stored. Only the end of the span counts:
 * no watermark is drawn from the order of the rows, so that an unsorted answer does no harm (contract Q8).
 *
 * When Zendesk refuses the cursor, or the walk does not advance, the span is started again, once in the life of the fetch.
 */
export async function runFetch(
  engine: Engine,
  task: FetchTask,
  signal: AbortSignal,
): Promise<FetchResult> {
  try {
    return await readSpan(engine, task, signal);
  } catch (error) {
    // An abort may carry the error of another cursor.
    const isBroken = error instanceof KnownError && breaksWalk(error.code);
    if (!isBroken || task.fetch.restarted || signal.aborted) throw error;
    engine.log.warn(
      {
        account: engine.account,
        stream: task.stream.name,
        fetch: task.fetch.fetch,
        code: error.code,
        requestId: error.requestId,
      },
      'the cursor led nowhere; the span is read again from its start',
    );
    const fetch = await restartFetch(engine.db, task.lease, task.fetch.fetch);
    return readSpan(engine, { ...task, fetch, maySplit: false }, signal);
  }
}

async function readSpan(
  engine: Engine,
  task: FetchTask,
  signal: AbortSignal,
): Promise<FetchResult> {
  const { stream, lease } = task;
  const db = task.priority < priorities.rescan ? engine.db : engine.bulk;
  const ahead = new AbortController();
  const readSignal = AbortSignal.any([signal, ahead.signal]);
  let fetch = task.fetch;
  const guard = createWalkGuard(stream.name, fetch.cursor);

  try {
    let coming = readPage(engine, task, fetch, fetch.cursor, readSignal);
    for (;;) {
      const page = await coming;
      const rows = page.records.map(stream.read);
      guard({ nextCursor: page.nextCursor, firstId: rows[0]?.id, requestId: page.requestId });

      const askedAt = fetch.askedAt ?? toSeconds(page.sentAt);
      const splitSeconds = judgeSplit(task, fetch, page, rows);
      const last = page.nextCursor === undefined;
      if (!last && splitSeconds === undefined) {
        coming = readPage(
          engine,
          task,
          { ...fetch, pageSize: page.pageSize },
          page.nextCursor,
          readSignal,
        );
        // Awaited in the next round, or given up with this one.
        coming.catch(() => {});
      }
      const writtenFromMs = Date.now();
      const startedMs = performance.now();
      await engine.ensurePartitions(
        stream.partitions,
        rows.map((row) => row.timeMs),
      );
      const stored = await storePage(db, lease, stream.write, {
        fetch,
        rows,
        seen: rows.length,
        pageSize: page.pageSize,
        nextCursor: page.nextCursor,
        askedAt,
        covered: task.covered,
        completes: last ? completeSpan(engine, fetch, askedAt) : undefined,
        splits: splitSeconds !== undefined,
      });
      const writeMs = performance.now() - startedMs;
      engine.pace.note(stream.name, Math.max(page.answerMs, writeMs));
      reportPage(engine, task, rows, stored.counts, last || splitSeconds !== undefined);
      engine.report({
        type: 'page-stored',
        stream: stream.name,
        task: task.fetch.kind === 'live' ? 'live' : 'backfill',
        rows: rows.length,
        newRows: stored.counts.new,
        changedRows: stored.counts.changed,
        requestId: page.requestId,
        ...describeTimes(page, writtenFromMs, writeMs),
      });
      fetch = stored.fetch;
      task.afterPage({ counts: stored.counts, hasMore: !last, requestId: page.requestId });
      if (last || splitSeconds !== undefined) return { fetch, splitSeconds };
      signal.throwIfAborted();
    }
  } finally {
    ahead.abort();
  }
}

async function readPage(
  engine: Engine,
  task: FetchTask,
  fetch: Fetch,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<TimedPage> {
  return readTimedPage(
    engine,
    {
      group: task.stream.group,
      priority: task.priority,
      path: task.stream.path,
      paging: task.stream.paging,
      needs: task.stream.needs,
      parameters: task.stream.spanParameters(fetch.span),
      pageSize: fetch.pageSize,
      cursor,
    },
    signal,
  );
}

function judgeSplit(
  task: FetchTask,
  fetch: Fetch,
  page: Page,
  rows: readonly LogRow[],
): number | undefined {
  if (!task.maySplit || fetch.pages > 0 || page.nextCursor === undefined || rows.length === 0)
    return undefined;
  const seconds = rows.map((row) => row.timeMs / 1000);
  return splitSpanSeconds({
    span: fetch.span,
    oldestRow: Math.min(...seconds),
    newestRow: Math.max(...seconds),
  });
}

function completeSpan(engine: Engine, fetch: Fetch, askedAt: number): PageToStore['completes'] {
  return {
    coverage: coveredByFetch(fetch.span, askedAt, engine.settings.settleSeconds),
    rescans: engine.settings.rescanAges.flatMap((ageSeconds) =>
      coveredByFetch(fetch.span, askedAt, ageSeconds).map((span) => ({ ageSeconds, span })),
    ),
  };
}

function reportPage(
  engine: Engine,
  task: FetchTask,
  rows: readonly LogRow[],
  counts: PageCounts,
  last: boolean,
): void {
  const newest = rows.at(-1);
  engine.report({
    type: 'page',
    stream: task.stream.name,
    kind: task.fetch.kind,
    rows: rows.length,
    newRows: counts.new,
    changedRows: counts.changed,
    lateRows: counts.late,
    unclassifiedRows: rows.filter(isUnclassified).length,
    span: task.fetch.span,
    reached: newest === undefined ? undefined : Math.floor(newest.timeMs / 1000),
    last,
  });
}

function isUnclassified({ resources }: LogRow): boolean {
  return resources.some(({ kind }) => kind === 'unclassified');
}
