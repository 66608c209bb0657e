/** What must still be read of a log, in requests, hours and bytes. */
import type { LocalConfig } from '../config/config.ts';
import { measure, toSeconds, type Spans } from '../span.ts';
import { findGaps } from '../ingest/coverage.ts';
import type { LogStream } from '../streams/stream.ts';
import { ok, skipped, warning, type Check } from './check.ts';
import { estimateBackfill } from './estimate.ts';
import { countOf, formatBytes, formatDuration, roundOff } from './figures.ts';
import type { StreamAnswer } from './probe.ts';

/** Gaps shorter than this belong to the live tail. */
const liveSeconds = 3600;
/** Above this share of the free disk, an estimate is too close to the limit. */
const usableShare = 0.8;

/** The seconds of a log that are not stored, without those that the live tail will read next. */
export function measureOpen(coverage: Spans, from: number, now: number): number {
  return measure(findGaps(coverage, from, now - liveSeconds));
}

/** The name of the check of a log's backfill. */
export function nameBackfill({ title }: LogStream): string {
  return `${title} backfill`;
}

/** Estimates the backfill of a log from its samples. `freeBytes` is the free space of the disk, if visible. */
export function checkBackfill(
  stream: LogStream,
  answer: StreamAnswer | undefined,
  situation: {
    local: Pick<LocalConfig, 'horizons' | 'budgets'>;
    coverage: Spans;
    freeBytes: number | undefined;
    /** By Zendesk's clock. */
    now: Date;
  },
): Check {
  const name = nameBackfill(stream);
  if (answer === undefined) return skipped(name, 'not in STREAMS');
  if (answer.kind !== 'answered') return skipped(name, 'the log could not be read');
  const { local, coverage, freeBytes, now } = situation;
  const { oldest, samples } = answer;
  if (oldest === undefined) return ok(name, 'there is nothing to read yet');
  const start = local.horizons[stream.name];
  const from = start === undefined ? oldest : Math.max(oldest, toSeconds(start));
  const open = measureOpen(coverage, from, toSeconds(now));
  if (open === 0) return ok(name, 'nothing is missing');
  const requestsPerMinute = local.budgets[stream.budget.name] ?? 0;
  const estimate = estimateBackfill(samples, open, stream, requestsPerMinute);
  if (estimate === undefined) return skipped(name, 'no page could be read for an estimate');
  const { rows, requests, seconds, bytes, diskBytes } = estimate;
  const found =
    `${formatDuration(open)} missing: about ${countOf(roundOff(rows), 'row')}, ${countOf(roundOff(requests), 'request')}, ` +
    `${formatDuration(seconds)} at ${requestsPerMinute} a minute, ${formatBytes(bytes)} to read, ${formatBytes(diskBytes)} on disk ` +
    `(estimated from ${countOf(samples.length, 'page')}: it may be half or twice as much)`;
  return freeBytes !== undefined && diskBytes > freeBytes * usableShare
    ? warning(
        name,
        `${found}; only ${formatBytes(freeBytes)} are free`,
        'Give the database more disk before the first sync.',
      )
    : ok(name, found);
}
