/** What a page means for its fetch: what it covers by the clocks, and whether others follow. */
import type { Span } from '../span.ts';
import { coveredByFetch, findKeptSince, type Reading } from './coverage.ts';
import type { EngineSettings } from './engine.ts';
import type { Fetch } from './fetch.ts';
import type { PageEnd } from './page-to-store.ts';
import { findRest, splitSpanSeconds } from './plan.ts';
import type { Pull } from './pull.ts';
import type { PageRow } from './rows/copy.ts';
import type { TimedPage } from './walk.ts';

/** The facts to judge a reading. */
type JudgedPull = {
  readonly engine: Pick<Pull['engine'], 'clocks'>;
  readonly stream: Pick<Pull['stream'], 'retentionDays'>;
};

/**
 * What the clocks say about a reading, including this page. A clock that was wrong at the first page, or is set back later,
 * must not make it cover more: the earliest moment of all counts.
 */
export function judgeReading(
  { engine, stream }: JudgedPull,
  fetch: Pick<Fetch, 'askedAt'>,
  answer: Pick<TimedPage, 'sentAtMs' | 'ageMs'>,
): Reading {
  const { earliest, latest } = engine.clocks.at(answer.sentAtMs);
  const asked = earliest - Math.ceil(answer.ageMs / 1000);
  return {
    askedAt: Math.min(fetch.askedAt ?? asked, asked),
    keptSince: findKeptSince(stream.retentionDays, latest),
  };
}

/** The oldest, the newest and the last row that a walk has read, in seconds since 1970. */
export type ReadRows = {
  readonly oldestRow: number;
  readonly newestRow: number;
  readonly lastRow: number;
  /** The longest time between a row and the next one. */
  readonly longestPause: number;
};

/** The same, including the rows of one more page. */
export function extendHull(
  hull: ReadRows | undefined,
  rows: readonly Pick<PageRow, 'timeMs'>[],
): ReadRows | undefined {
  if (rows.length === 0) return hull;
  const seconds = rows.map(({ timeMs }) => timeMs / 1000);
  let { longestPause = 0, lastRow = seconds[0] ?? 0 } = hull ?? {};
  for (const second of seconds) {
    longestPause = Math.max(longestPause, Math.abs(second - lastRow));
    lastRow = second;
  }
  return {
    oldestRow: Math.min(hull?.oldestRow ?? Infinity, ...seconds),
    newestRow: Math.max(hull?.newestRow ?? -Infinity, ...seconds),
    lastRow,
    longestPause,
  };
}

/** What a page means for its fetch. Pure. */
export function judgePage(
  {
    fetch,
    maySplit,
  }: {
    readonly fetch: Pick<Fetch, 'span' | 'pages'>;
    readonly maySplit: boolean;
  },
  reading: Reading,
  { nextCursor, isUnsure, rest }: WayOn,
  read: ReadRows | undefined,
  { settleSeconds, rescanAges }: Pick<EngineSettings, 'settleSeconds' | 'rescanAges'>,
): PageEnd {
  const { span } = fetch;
  if (nextCursor === undefined && rest === undefined) {
    const coverage = coveredByFetch(span, reading, settleSeconds);
    const rescans = rescanAges.flatMap((ageSeconds) =>
      coveredByFetch(span, reading, ageSeconds).map((again) => ({ ageSeconds, span: again })),
    );
    return { kind: 'complete', coverage, rescans };
  }
  if (maySplit && !isUnsure && read !== undefined) {
    const spanSeconds = splitSpanSeconds({ span, pages: fetch.pages + 1, ...read });
    if (spanSeconds !== undefined) return { kind: 'split', spanSeconds };
  }
  return { kind: 'more', nextCursor };
}

/** Where a walk continues after a page. */
type WayOn = Pick<TimedPage, 'nextCursor' | 'isUnsure'> & {
  /** What to request after a full page that is said to be the last, if it has no cursor. */
  readonly rest: Span | undefined;
};

/** Where a walk continues after a page; nowhere if the same page came twice and was said to be the last both times. */
export function findWayOn(
  span: Span,
  { nextCursor, isUnsure }: Pick<TimedPage, 'nextCursor' | 'isUnsure'>,
  rows: readonly Pick<PageRow, 'timeMs'>[],
  isAgreed: boolean,
): WayOn {
  if (isAgreed) return { nextCursor: undefined, isUnsure: false, rest: undefined };
  const seconds = rows.map(({ timeMs }) => timeMs / 1000);
  const rest = isUnsure && rows.length > 0 ? findRest(span, seconds) : undefined;
  return { nextCursor, isUnsure, rest };
}
