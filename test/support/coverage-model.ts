/** What the view `zendesk_sync.status` says about a log, as pure functions, to compare the view with them. */
import { subtract, type Span, type Spans } from '../../src/span.ts';
import { findGaps } from '../../src/ingest/coverage.ts';

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

/** Seconds until the oldest uncovered second is older than the horizon and permanently lost; negative if that has happened. */
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
