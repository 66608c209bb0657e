/** What to read next: pure functions of coverage, now and settings. */
import { intersect, measure, normalizeSpans, subtract, type Span, type Spans } from '../span.ts';

/**
 * How far back the live fetch reaches beyond SETTLE. Older time waits as a gap, so that the newest rows never wait for it.
 */
export const liveReachSeconds = 600;

/** A span is planned to take about this many pages: long enough to cost nothing extra, short enough to be repeated. */
const targetPages = 16;

/** No span is divided into shorter ones than this. */
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

/** The next of the open spans to read: the oldest that is not being read yet, cut to the given length. */
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

/** Whether an open span is read as one: a remainder of less than half a span is not worth a separate fetch. */
function isReadWhole({ from, to }: Span, spanSeconds: number): boolean {
  return to - from <= spanSeconds * 1.5;
}

/** Spans read again so far, by age in seconds. */
export type Rescanned = ReadonlyMap<number, Spans>;

/** A span to read again, and the age of the rescan. */
type Rescan = { readonly span: Span; readonly ageSeconds: number };

/** No rescan waits for more than this, or reads a span that is much longer. */
const longestRescanSeconds = 86_400;

/**
 * How long before the source drops a record its time is read again for the last time. A sixth of an age would be too late.
 */
const lastRescanSeconds = 5 * 86_400;

/**
 * The ages at which the spans of a log are read again, in seconds, ascending: those of RESCAN_AFTER, and a last one before
 * the source drops its records. An age that no record of the source can reach is left out.
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

/** Whether rescans of this age wait until there is no gap: such late rows are rare, and a gap may expire. */
export function isPatient(ageSeconds: number): boolean {
  return ageSeconds > longestRescanSeconds;
}

/**
 * The next span to read again: covered, now older than one of the ages, and not yet read at that age. A rescan waits until a
 * sixth of its age has accumulated, a day at most, so that a quiet log costs few requests. Younger ages come first: they
 * find the most.
 */
export function planRescan(
  coverage: Spans,
  horizon: number,
  rescanned: Rescanned,
  ages: readonly number[],
  now: number,
): Rescan | undefined {
  for (const ageSeconds of ages.toSorted((a, b) => a - b)) {
    const due = findDue(coverage, horizon, rescanned.get(ageSeconds) ?? [], ageSeconds, now);
    const span = planOldest(due.slice(0, 1), [], longestRescanSeconds);
    if (span !== undefined) return { span, ageSeconds };
  }
  return undefined;
}

/** What is due to be read again at an age, oldest first: nothing until enough has accumulated. */
export function findDue(
  coverage: Spans,
  horizon: number,
  rescanned: Spans,
  ageSeconds: number,
  now: number,
): Spans {
  const due = intersect(subtract(coverage, rescanned), [{ from: horizon, to: now - ageSeconds }]);
  const gathered = Math.min(ageSeconds / 6, longestRescanSeconds);
  const [oldest] = due;
  return oldest === undefined || now - oldest.from < ageSeconds + gathered ? [] : due;
}

/**
 * The length of the next span, from the pages of the last one. It grows at most four times and shrinks at most eight times.
 */
export function adaptSpanSeconds(spanSeconds: number, pages: number): number {
  const factor = Math.min(4, Math.max(1 / 8, targetPages / pages));
  return Math.max(1, Math.round(spanSeconds * factor));
}

/** What the pages read so far say about the whole span: their oldest and newest row, in seconds since 1970. */
type FirstPages = {
  readonly span: Span;
  /** How many they are. */
  readonly pages: number;
  readonly oldestRow: number;
  readonly newestRow: number;
  /** The longest time between a row and the next one: after a burst such a time passes before the next burst. Default 0. */
  readonly longestPause?: number;
};

/** A span is divided only if it would take so many times the pages that are then read twice. */
const worthwhileFactor = 8;

/** A span is judged at this page, and each time that twice as many have been read. */
const firstJudgedPage = 4;

/**
 * The length of span to use instead of one that would take far more pages than wanted, or undefined if it is right. The rest
 * of the span is assumed to be as dense as the time of the rows read, not as the time before them, because a log often
 * begins in the middle of a span.
 *
 * The pages read so far are read twice, so it must be worth it: they are an eighth of the span at most. Rows close together
 * may be a burst, which says nothing about the rest: one page of them must not make a hundred short spans. The new length is
 * always shorter: a span of the same length would be divided again and again.
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

/** Zendesk's bounds may be inclusive, and a span asks for one second more at both ends. */
const strayTolerance = 2;

/** How many records are outside of the requested span; by their times in seconds since 1970. */
export function countStrays({ from, to }: Span, seconds: readonly number[]): number {
  return seconds.filter((second) => second < from - strayTolerance || second > to + strayTolerance)
    .length;
}

/** Whether so many records of a page are outside that Zendesk must have ignored the time filter. */
export function isFilterIgnored(span: Span, seconds: readonly number[]): boolean {
  const strays = countStrays(span, seconds);
  return strays > 4 && strays > seconds.length / 2;
}

/**
 * The rest of a span after a full page that is said to be the last and has no cursor: from its last second on, in the order
 * of its records, in seconds since 1970. Undefined if the rest is not shorter: a request would return the same.
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
 * How many cursors are needed to use the budget: requests per second times seconds per page (Little's law), and no more. A
 * log that fits in single pages needs one. If pages are quick, the database is the bottleneck, and more than two cursors
 * would only wait there and use memory.
 */
export function countCursors(requestsPerMinute: number, pageMs: number, dense: boolean): number {
  if (!dense) return 1;
  const needed = Math.ceil((requestsPerMinute / 60_000) * pageMs);
  const useful = Math.min(8, Math.max(2, Math.ceil(pageMs / 500)));
  return Math.min(useful, Math.max(1, needed));
}

/** The name of a gap in the ledger: time before the log was followed is backfill, a gap since then is a repair. */
export function nameGap(span: Span, followedFrom: number): 'backfill' | 'repair' {
  return span.from < followedFrom ? 'backfill' : 'repair';
}

/** Seconds of the span that are still needed. A resumed fetch without any is abandoned. */
export function measureNeed(span: Span, coverage: Spans): number {
  return measure(subtract([span], coverage));
}
