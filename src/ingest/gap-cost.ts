/** What closing gaps costs, from the density of the stored log. */
import type { Queryable } from '../database/client.ts';
import { intersect, measure, normalizeSpans, type Span, type Spans } from '../span.ts';
import { loadCoverage, type StreamKey } from './coverage.ts';
import { firstSpanSeconds } from './plan.ts';

/** What closing gaps is expected to cost. */
export type GapCost = {
  readonly rows: number;
  readonly requests: number;
  readonly minutes: number;
  /** Requests a minute that the account has for it. */
  readonly requestsPerMinute: number;
  /** Whether rows were there to measure by; without any the requests are the least that it takes. */
  readonly isMeasured: boolean;
};

/** How many rows are stored of a day, which begins at this second. */
type StoredDay = { readonly from: number; readonly rows: number };

const daySeconds = 86_400;
/** Stored days within this distance show how dense a gap is, if there are any. */
const nearDays = 14;

/** What closing these spans of a log is expected to cost. */
export async function previewGaps(
  db: Queryable,
  key: StreamKey,
  spans: readonly Span[],
  limits: { readonly pageSize: number; readonly requestsPerMinute: number },
): Promise<GapCost> {
  const days = await db.query<StoredDay>(
    `select extract(epoch from day::timestamp)::float8 as from, rows::float8 as rows
     from zendesk_sync.stored_days where account = $1 and stream = $2 order by day`,
    [key.account, key.stream],
  );
  return estimateGaps(spans, { days, coverage: await loadCoverage(db, key), ...limits });
}

/** The cost of reading spans; pure. */
export function estimateGaps(
  spans: readonly Span[],
  {
    days,
    coverage,
    pageSize,
    requestsPerMinute,
  }: {
    readonly days: readonly StoredDay[];
    readonly coverage: Spans;
    readonly pageSize: number;
    readonly requestsPerMinute: number;
  },
): GapCost {
  let rows = 0;
  let requests = 0;
  for (const span of spans) {
    const seconds = span.to - span.from;
    const own = seconds * findDensity(span, days, coverage);
    rows += own;
    requests += Math.max(countSpans(seconds), Math.ceil(own / pageSize));
  }
  // Where the beginning is not known that is asked for first.
  const asked = Math.max(1, requests);
  return {
    rows: Math.round(rows),
    requests: asked,
    minutes: Math.ceil(asked / requestsPerMinute),
    requestsPerMinute,
    isMeasured: days.some((day) => day.rows > 0),
  };
}

/** Each span of an empty log takes a request, and each is four times as long as the one before. */
function countSpans(seconds: number): number {
  return Math.max(1, Math.ceil(Math.log(1 + (3 * seconds) / firstSpanSeconds) / Math.log(4)));
}

/** Rows a second in the stored days around a span, or in all where none is near. */
function findDensity({ from, to }: Span, days: readonly StoredDay[], coverage: Spans): number {
  const reach = nearDays * daySeconds;
  const near = days.filter((day) => day.from + daySeconds > from - reach && day.from < to + reach);
  return measureDensity(near, coverage) ?? measureDensity(days, coverage) ?? 0;
}

function measureDensity(days: readonly StoredDay[], coverage: Spans): number | undefined {
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const hull = normalizeSpans([{ from: first.from, to: last.from + daySeconds }]);
  const seconds = measure(intersect(coverage, hull));
  const rows = days.reduce((sum, day) => sum + Math.max(0, day.rows), 0);
  return seconds === 0 ? undefined : rows / seconds;
}
