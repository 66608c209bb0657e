/**
 * The questions about completeness, answered from the coverage alone (design, rule 2): pure functions of coverage, now
 * and settings. The view `zendesk_sync.status` answers the same in SQL; a test holds the two together.
 */
import { intersect, measure, subtract, type Span, type Spans } from '../span.ts';

/**
 * What a completely read span adds to the coverage.
 *
 * A record may still appear for `settleSeconds` after its own time stamp, so a second counts only when the span was
 * asked for at least that long after it. `askedAt` is when the first page was asked for, by the trusted clock: the
 * earliest and so the safest moment of the whole reading.
 */
export function coveredByFetch(span: Span, askedAt: number, settleSeconds: number): Spans {
  const to = Math.min(span.to, askedAt - settleSeconds);
  return span.from < to ? [{ from: span.from, to }] : [];
}

/** The spans between the horizon and the newest covered second, or a later `until`, that are not covered, oldest first. */
export function findGaps(coverage: Spans, horizon: number, until = horizon): Spans {
  const end = Math.max(coverage.at(-1)?.to ?? horizon, until);
  return end <= horizon ? [] : subtract([{ from: horizon, to: end }], coverage);
}

/** The unbroken covered part that reaches back to the horizon. Its end is the watermark. Undefined while the horizon is not covered. */
export function findContiguous(coverage: Spans, horizon: number): Span | undefined {
  return coverage.find((span) => span.from <= horizon && horizon < span.to);
}

/** Seconds that were never covered and that the source no longer keeps, since the oldest covered one. */
export function findLost(coverage: Spans, horizon: number): Spans {
  const oldest = coverage[0];
  if (oldest === undefined || oldest.from >= horizon) return [];
  return subtract([{ from: oldest.from, to: horizon }], coverage);
}

/** Seconds until the oldest uncovered second falls over the horizon and is lost for good; negative when that has happened. */
export function measureHeadroom(
  coverage: Spans,
  horizon: number,
  now: number,
  retentionSeconds: number,
): number {
  const gap = findGaps(coverage, horizon)[0];
  const oldestUncovered = gap?.from ?? coverage.at(-1)?.to ?? horizon;
  return oldestUncovered + retentionSeconds - now;
}

/** How much of the way from the horizon to now is covered, between 0 and 1. */
export function measureProgress(coverage: Spans, horizon: number, now: number): number {
  const wanted: Span = { from: horizon, to: now };
  if (wanted.to <= wanted.from) return 1;
  return measure(intersect(coverage, [wanted])) / (wanted.to - wanted.from);
}
