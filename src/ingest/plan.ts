/** What to read next: pure functions of coverage, now and settings. */
import { intersect, measure, normalizeSpans, subtract, type Span, type Spans } from '../span.ts';

/** How far back the live fetch reaches beyond SETTLE. What is older waits in line as a gap, so that the newest rows never wait for it. */
export const liveReachSeconds = 600;

/** A span is made as long as about this many pages take: long enough to cost nothing extra, short enough to be repeated. */
const targetPages = 16;

/** No span is given back to be read in shorter ones than this. */
const shortestSplitSeconds = 60;

/** The first span of a backfill: one day. An empty log of 90 days then takes 1 + 4 + 16 + 69 days, four requests. */
export const firstSpanSeconds = 86_400;

/**
 * The span of a live fetch: from the end of the coverage to now. It always begins within the settling time, because rows
 * there may still appear; only what is older than SETTLE will count as covered.
 */
export function planLive(
  coverage: Spans,
  horizon: number,
  now: number,
  settleSeconds: number,
): Span {
  const reach = now - settleSeconds - liveReachSeconds;
  const end = coverage.at(-1)?.to ?? reach;
  const from = Math.max(Math.min(end, now - settleSeconds), reach, Math.min(horizon, now));
  return { from, to: now + 1 };
}

/** The next span to read of those that are open: the oldest that nobody is reading yet, cut to the given length. */
export function planOldest(
  open: Spans,
  beingRead: readonly Span[],
  spanSeconds: number,
): Span | undefined {
  const oldest = subtract(open, normalizeSpans(beingRead))[0];
  if (oldest === undefined) return undefined;
  const to = isReadWhole(oldest, spanSeconds) ? oldest.to : oldest.from + spanSeconds;
  return { from: oldest.from, to };
}

/** Whether an open span is read as one: a remainder of less than half a span is not worth a fetch of its own. */
function isReadWhole({ from, to }: Span, spanSeconds: number): boolean {
  return to - from <= spanSeconds * 1.5;
}

/** Spans read again so far, by age in seconds. */
export type Rescanned = ReadonlyMap<number, Spans>;

/** A span to read again, and the age that it is read again at. */
type Rescan = { readonly span: Span; readonly ageSeconds: number };

/** No rescan gathers more than this, and none reads a span that is much longer. */
const longestRescanSeconds = 86_400;

/** So long before the source drops a record its time is read again for the last time. A sixth of an age would be too late. */
const lastRescanSeconds = 5 * 86_400;

/**
 * The ages at which the spans of a log are read again, in seconds, ascending: those of RESCAN_AFTER, and a last one before
 * the source drops what it has. An age that no record of the source can reach is left out.
 */
export function listRescanAges(
  rescanAges: readonly number[],
  retentionDays: number | undefined,
): readonly number[] {
  if (rescanAges.length === 0) return [];
  const keptSeconds = (retentionDays ?? Infinity) * 86_400;
  const ages =
    retentionDays === undefined ? rescanAges : [...rescanAges, keptSeconds - lastRescanSeconds];
  const possible = ages.filter((age) => age > 0 && age < keptSeconds);
  return [...new Set(possible)].toSorted((a, b) => a - b);
}

/** Whether spans are read again at this age only when no gap waits: late rows so old are rare, and a gap may expire. */
export function isPatient(ageSeconds: number): boolean {
  return ageSeconds > longestRescanSeconds;
}

/**
 * The next span to read again: covered, now older than one of the ages, and not yet read at that age. A rescan waits
 * until a sixth of its age has gathered, a day at most, so that a quiet log costs few requests. Younger ages come first:
 * they find the most.
 */
export function planRescan(
  coverage: Spans,
  horizon: number,
  rescanned: Rescanned,
  ages: readonly number[],
  now: number,
): Rescan | undefined {
  for (const ageSeconds of ages.toSorted((a, b) => a - b)) {
    const due = intersect(subtract(coverage, rescanned.get(ageSeconds) ?? []), [
      { from: horizon, to: now - ageSeconds },
    ]);
    const gathered = Math.min(ageSeconds / 6, longestRescanSeconds);
    const oldest = due[0];
    if (oldest === undefined || now - oldest.from < ageSeconds + gathered) continue;
    const span = planOldest([oldest], [], longestRescanSeconds);
    if (span !== undefined) return { span, ageSeconds };
  }
  return undefined;
}

/** The length of the next span, from what the last one took. Grows fourfold at most, shrinks eightfold at most. */
export function adaptSpanSeconds(spanSeconds: number, pages: number): number {
  const factor = Math.min(4, Math.max(1 / 8, targetPages / pages));
  return Math.max(1, Math.round(spanSeconds * factor));
}

/** What the pages of a span so far say about the whole of it: their oldest and newest row, in seconds since 1970. */
type FirstPages = {
  readonly span: Span;
  /** How many they are. */
  readonly pages: number;
  readonly oldestRow: number;
  readonly newestRow: number;
  /** The longest time between a row and the next one: behind bursts another one passes before the next. Default 0. */
  readonly longestPause?: number;
};

/** So many times the pages that are read twice a span must take to be given back. */
const worthwhileFactor = 8;

/** A span is judged at this page, and each time that twice as many have been read. */
const firstJudgedPage = 4;

/**
 * The length of span to use instead of one that would take far more pages than wanted, or undefined when it is right as it
 * is. The rest of the span is taken to be as dense as what was read, not as the way to it, because a log often begins in
 * the middle of a span.
 *
 * Pages that are given back are read twice, so it must be worth it: they are an eighth of the span at most. Rows that
 * lie close together are a burst for all that is known, and say nothing about the rest: one page of them must not make a
 * hundred short spans. The new length is always shorter: a span that would be planned as it was would be given back for
 * ever.
 */
export function splitSpanSeconds({
  span,
  pages,
  oldestRow,
  newestRow,
  longestPause = 0,
}: FirstPages): number | undefined {
  const reach = newestRow - oldestRow + longestPause;
  if (!isJudged(pages) || reach < shortestSplitSeconds) return undefined;
  const expectedPages = pages + (Math.max(0, span.to - newestRow) * pages) / reach;
  if (expectedPages <= pages * worthwhileFactor) return undefined;
  const spanSeconds = Math.max(shortestSplitSeconds, Math.ceil((reach / pages) * targetPages));
  return isReadWhole(span, spanSeconds) ? undefined : spanSeconds;
}

function isJudged(pages: number): boolean {
  return pages >= firstJudgedPage && Number.isInteger(Math.log2(pages / firstJudgedPage));
}

/** Zendesk's bounds may be inclusive, and a span asks for a second more at both ends. */
const strayTolerance = 2;

/** How many records lie outside of the span that was asked for; by their times in seconds since 1970. */
export function countStrays({ from, to }: Span, seconds: readonly number[]): number {
  return seconds.filter((second) => second < from - strayTolerance || second > to + strayTolerance)
    .length;
}

/** Whether so many of a page lie outside that it is not them, but the filter of time that is not obeyed. */
export function isFilterIgnored(span: Span, seconds: readonly number[]): boolean {
  const strays = countStrays(span, seconds);
  return strays > 4 && strays > seconds.length / 2;
}

/**
 * What is left of a span behind a full page that is said to be the last and has no cursor: from its last second on, in the
 * order that its records have, in seconds since 1970. Undefined where that is no shorter: asking again would bring the same.
 */
export function findRest(span: Span, seconds: readonly number[]): Span | undefined {
  const [first = 0] = seconds;
  const last = seconds.at(-1) ?? 0;
  const rest: Span =
    first <= last
      ? { from: Math.floor(Math.max(...seconds)), to: span.to }
      : { from: span.from, to: Math.floor(Math.min(...seconds)) + 1 };
  return measure([rest]) < measure([span]) ? rest : undefined;
}

/**
 * How many cursors are needed to spend the budget: requests per second times seconds per page (Little's law), and no
 * more. A log that fits in single pages needs one. Where pages are quick the database is what is waited for, and more than
 * two cursors would only wait in line there and take memory.
 */
export function countCursors(requestsPerMinute: number, pageMs: number, dense: boolean): number {
  if (!dense) return 1;
  const needed = Math.ceil((requestsPerMinute / 60_000) * pageMs);
  const useful = Math.min(8, Math.max(2, Math.ceil(pageMs / 500)));
  return Math.min(useful, Math.max(1, needed));
}

/** How a gap is named in the ledger: what lies before the log was followed is backfill, a hole since then is a repair. */
export function nameGap(span: Span, followedFrom: number): 'backfill' | 'repair' {
  return span.from < followedFrom ? 'backfill' : 'repair';
}

/** Seconds of the span that are still needed. A resumed fetch without any is abandoned. */
export function measureNeed(span: Span, coverage: Spans): number {
  return measure(subtract([span], coverage));
}
