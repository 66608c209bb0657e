/** How long a backfill will take, from a few samples of the log's density. Pure; times in seconds. */
import type { Span } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';

/** One page of a log, read from the start of a span. */
export type Sample = {
  readonly span: Span;
  readonly rows: number;
  /** If the page did not reach the end of the span: the time of its last row. */
  readonly reached: number | undefined;
  /** Length of the page's JSON text. */
  readonly bytes: number;
};

/** What must still be read, according to the samples. */
type Estimate = {
  readonly rows: number;
  readonly requests: number;
  readonly seconds: number;
  /** The transferred size, as JSON without compression. */
  readonly bytes: number;
  /** The size in Postgres, including indexes. */
  readonly diskBytes: number;
};

const daySeconds = 86_400;

/**
 * The spans to sample: one in the middle of the period, and the newest one if that is wanted too. The one in the middle
 * begins at another half of the day than the newest and not on a weekend, so that the samples contain both day and night.
 */
export function planSamples(period: Span, lengthSeconds: number, withNewest: boolean): Span[] {
  const spare = period.to - period.from - lengthSeconds;
  if (spare <= 0) return period.to > period.from ? [{ ...period }] : [];
  if (!withNewest) {
    const from = period.from + Math.round(spare / 2);
    return [{ from, to: from + lengthSeconds }];
  }
  const newest = { from: period.to - lengthSeconds, to: period.to };
  const days = Math.ceil(spare / 2 / daySeconds) - 0.5;
  const from = avoidWeekend(newest.from - days * daySeconds);
  return from < period.from || from + lengthSeconds > newest.from
    ? [newest]
    : [{ from, to: from + lengthSeconds }, newest];
}

/** A time on Saturday or Sunday (UTC) moved to the Thursday or Friday before. */
function avoidWeekend(seconds: number): number {
  const weekday = new Date(seconds * 1000).getUTCDay();
  return weekday === 0 || weekday === 6 ? seconds - 2 * daySeconds : seconds;
}

/** Rows per second of a sample. A page that is full in the second in which it begins counts for that second. */
export function measureDensity({ span, rows, reached }: Sample): number {
  return rows / Math.max(1, (reached ?? span.to) - span.from);
}

/** The backfill of so many missing seconds. Undefined without a sample. */
export function estimateBackfill(
  samples: readonly Sample[],
  openSeconds: number,
  { source, samples: { diskShare } }: Pick<LogStream, 'source' | 'samples'>,
  requestsPerMinute: number,
): Estimate | undefined {
  if (samples.length === 0) return undefined;
  const density = average(samples.map((sample) => measureDensity(sample)));
  const sampledRows = samples.reduce((sum, { rows }) => sum + rows, 0);
  const sampledBytes = samples.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = Math.ceil(density * openSeconds);
  const requests = openSeconds <= 0 ? 0 : Math.max(1, Math.ceil(rows / source.pageSize));
  const bytes = sampledRows === 0 ? 0 : (rows * sampledBytes) / sampledRows;
  return {
    rows,
    requests,
    seconds: Math.ceil((requests / requestsPerMinute) * 60),
    bytes: Math.round(bytes),
    diskBytes: Math.round(bytes * diskShare),
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
