/** Reads one span of a log, page by page, to its end. */
import { breaksWalk, codeOf, explainError, isResumable, KnownError } from '../errors.ts';
import type { Spans } from '../span.ts';
import type { FetchKind, PageTimes } from './events.ts';
import { closeFetch, restartFetch, type Fetch } from './fetch.ts';
import { storePage, type PageStore } from './page.ts';
import type { StoredPage } from './page-to-store.ts';
import { extendHull, findWayOn, judgePage, judgeReading, type ReadRows } from './page-end.ts';
import { countUnclassified, readPage } from './page-records.ts';
import { keyOf, rescanAgesOf, type Pull } from './pull.ts';
import { warnOfQuarantine } from './quarantine.ts';
import { recallStamps } from './rows/stamps.ts';
import { askFor, makeSure, nameRecords, refuseStrays } from './span-pages.ts';
import { guardSpanWalk, timeWriting, type TimedPage } from './walk.ts';

/** What to read, and how. */
type SpanTask = {
  readonly fetch: Fetch;
  /** What was covered when the fetch was planned: a new row in there is late. */
  readonly covered: Spans;
  /** Whether a span that proves too dense is to be read in smaller ones instead. */
  readonly maySplit: boolean;
  /** Called with each page once it is stored; `more` says whether others certainly follow. */
  readonly afterPage?: (more: boolean) => void;
};

/** How the reading ended. `splitSeconds` is the length to use instead if the span was too dense. */
export type SpanResult = {
  readonly fetch: Fetch;
  readonly splitSeconds: number | undefined;
  /** Whether a record could be read. */
  readonly hasRows: boolean;
};

/**
 * Reads a span to its end. The next page is requested while one is stored. Only the end of the span counts: no watermark
 * depends on the order of the rows, so an unsorted answer does no harm (contract Q8).
 *
 * If Zendesk refuses the cursor, or the walk does not advance, the span is started again, once in the life of the fetch. A
 * fetch that fails keeps its cursor, so that the next run continues there.
 */
export async function readSpan(pull: Pull, task: SpanTask): Promise<SpanResult> {
  const { engine, lease, signal, tally } = pull;
  const { fetch } = task;
  tally.noteSpan(fetch.span);
  try {
    // A run that was stopped read its earlier pages.
    if (fetch.pages > 0)
      await recallStamps(engine.db, pull.stream.table, engine.account, fetch.span, pull.stamps);
    return await readWithRestart(pull, task);
  } catch (error) {
    // The process that has taken over owns the ledger now.
    if (codeOf(error) !== 'lease_lost') {
      // An abort may carry the error of another cursor.
      const code = signal.aborted ? 'stopped' : codeOf(error);
      await closeFetch(engine.db, lease, fetch, 'failed', {
        code,
        error: signal.aborted ? 'Stopped before its end.' : explainError(error),
        resumable: isResumable(code),
        pageSize: engine.pageSizes.next(pull.stream.name),
      }).catch(() => {});
    }
    throw error;
  }
}

async function readWithRestart(pull: Pull, task: SpanTask): Promise<SpanResult> {
  const { engine, stream, lease, signal } = pull;
  const { fetch } = task;
  try {
    return await walkSpan(pull, task);
  } catch (error) {
    // An abort may carry the error of another cursor.
    const isBroken = error instanceof KnownError && breaksWalk(error.code);
    if (!isBroken || fetch.restarted || signal.aborted) throw error;
    const { account, db, log } = engine;
    log.warn(
      {
        account,
        stream: stream.name,
        fetch: fetch.fetch,
        code: error.code,
        requestId: error.requestId,
      },
      'the cursor did not work; the span is read again from its start',
    );
    const restarted = await restartFetch(db, lease, fetch);
    return walkSpan(pull, { ...task, fetch: restarted, maySplit: false });
  }
}

async function walkSpan(pull: Pull, task: SpanTask): Promise<SpanResult> {
  const { engine, stream, lease, tally } = pull;
  const ahead = new AbortController();
  const signal = AbortSignal.any([pull.signal, ahead.signal]);
  const store = chooseStore(pull, task.fetch.kind);
  let { fetch } = task;
  const check = guardSpanWalk(engine, stream.name, fetch.cursor);
  let hull: ReadRows | undefined;
  if (fetch.cursor !== undefined) engine.pageSizes.limit(stream.name, fetch.pageSize);

  try {
    let { span } = fetch;
    let coming = askFor(pull, fetch, span, signal);
    for (;;) {
      const answer = await coming;
      const read = readPage(stream, engine.classify, answer);
      const { rows } = read;
      refuseStrays(stream, fetch.span, answer, rows);
      const moments = rows.map(({ timeMs }) => timeMs);
      const isAgreed = check(answer, nameRecords(read), moments);
      const { pageSize } = answer;
      const reading = judgeReading(pull, fetch, answer);
      hull = extendHull(hull, rows);
      const way = findWayOn(span, answer, rows, isAgreed);
      const ages = { ...engine.settings, rescanAges: rescanAgesOf(pull) };
      const end = judgePage({ ...task, fetch }, reading, way, hull, ages);
      if (end.kind === 'more') {
        const next = { ...fetch, cursor: end.nextCursor };
        span = end.nextCursor === undefined ? (way.rest ?? span) : span;
        coming = answer.isUnsure
          ? makeSure(pull, next, { span, rest: way.rest ?? span }, signal)
          : askFor(pull, next, span, signal);
        // Awaited in the next round, or cancelled with this one.
        coming.catch(() => {});
      }
      const returns = pull.returns.note(rows, end.kind === 'complete' ? fetch.span : undefined);
      const known = { covered: task.covered, formers: pull.stamps.note(rows), returns };
      const page = { ...read, ...known, fetch, pageSize, askedAt: reading.askedAt, end };
      const { stored, times, writeMs } = await timeWriting(answer, () =>
        storePage(store, lease, stream, page),
      );
      pull.returns.wait(stored.returned ?? []);
      engine.pace.note(stream.name, Math.max(answer.answerMs, writeMs));
      tally.add({ requests: 1, ...stored.counts });
      tally.noteAnswer(answer.requestId);
      reportPage(pull, page, stored, answer, times);
      warnOfQuarantine(engine.log, keyOf(pull), fetch.fetch, stored.quarantined);
      fetch = stored.fetch;
      if (end.kind === 'complete') tally.noteComplete(fetch);
      task.afterPage?.(end.kind === 'more' && !answer.isUnsure);
      if (end.kind !== 'more')
        return {
          fetch,
          splitSeconds: end.kind === 'split' ? end.spanSeconds : undefined,
          hasRows: hull !== undefined,
        };
      pull.signal.throwIfAborted();
    }
  } finally {
    ahead.abort();
  }
}

/** The pages of backfills have their own connections; following the log does not wait for them. */
function chooseStore({ engine }: Pull, kind: FetchKind): PageStore {
  const { db, bulk, ensurePartitions, seals } = engine;
  return { db: kind === 'live' ? db : bulk, ensurePartitions, seals };
}

function reportPage(
  { engine, stream }: Pull,
  { fetch, rows, end }: Parameters<typeof storePage>[3],
  { counts }: StoredPage,
  { requestId }: TimedPage,
  times: PageTimes,
): void {
  const newest = rows.at(-1);
  engine.report({
    type: 'page',
    stream: stream.name,
    task: fetch.kind === 'live' ? 'live' : 'backfill',
    kind: fetch.kind,
    rows: rows.length,
    newRows: counts.new,
    changedRows: counts.changed,
    lateRows: counts.late,
    unclassifiedRows: countUnclassified(stream, rows),
    span: fetch.span,
    reached: newest === undefined ? undefined : Math.floor(newest.timeMs / 1000),
    last: end.kind !== 'more',
    requestId,
    times,
  });
}
