/** What a page means for its fetch: what it is worth by the clocks, and whether others follow. */
import type { Span } from '../span.ts';
import { coveredByFetch, findKeptSince, type Reading } from './coverage.ts';
import type { EngineSettings } from './engine.ts';
import type { Fetch } from './fetch.ts';
import type { PageEnd } from './page.ts';
import { findRest, splitSpanSeconds } from './plan.ts';
import type { Pull } from './pull.ts';
import type { PageRow } from './rows/copy.ts';
import type { TimedPage } from './walk.ts';

/**
 * What the clocks say of a reading, this page included. A clock that was wrong at the first page, or is set back later,
 * must not make more of it than the others: the earliest moment of all counts.
 */
export function judgeReading({ engine, stream }: Pull, fetch: Fetch, answer: TimedPage): Reading {
  const { earliest, latest } = engine.clocks.at(answer.sentAtMs);
  const asked = earliest - Math.ceil(answer.ageMs / 1000);
  return {
    askedAt: Math.min(fetch.askedAt ?? asked, asked),
    keptSince: findKeptSince(stream.retentionDays, latest),
  };
}

/** What a page means for its fetch. Pure. */
export function judgePage(
  { fetch, maySplit }: { readonly fetch: Fetch; readonly maySplit: boolean },
  reading: Reading,
  { nextCursor, isUnsure, rest }: WayOn,
  rows: readonly Pick<PageRow, 'timeMs'>[],
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
  if (maySplit && !isUnsure && fetch.pages === 0 && rows.length > 0) {
    const seconds = rows.map(({ timeMs }) => timeMs / 1000);
    const firstPage = { span, oldestRow: Math.min(...seconds), newestRow: Math.max(...seconds) };
    const spanSeconds = splitSpanSeconds(firstPage);
    if (spanSeconds !== undefined) return { kind: 'split', spanSeconds };
  }
  return { kind: 'more', nextCursor };
}

/** Where a walk goes on behind a page. */
type WayOn = Pick<TimedPage, 'nextCursor' | 'isUnsure'> & {
  /** What is left to be asked for behind a full page that is said to be the last, should it have no cursor that tells. */
  readonly rest: Span | undefined;
};

/** Where a walk goes on behind a page; nowhere when that came twice and was said to be the last both times. */
export function findWayOn(
  span: Span,
  { nextCursor, isUnsure }: TimedPage,
  rows: readonly PageRow[],
  isAgreed: boolean,
): WayOn {
  if (isAgreed) return { nextCursor: undefined, isUnsure: false, rest: undefined };
  const seconds = rows.map(({ timeMs }) => timeMs / 1000);
  const rest = isUnsure && rows.length > 0 ? findRest(span, seconds) : undefined;
  return { nextCursor, isUnsure, rest };
}
