/** A day or an hour of a log: what became of each minute or second, its gaps, and the fetches that read it. */
import type { Queryable } from '../../../database/client.ts';
import { fromSeconds, toSeconds, type Span } from '../../../span.ts';
import { describeRemovals, loadRemovals } from '../../../ingest/removals.ts';
import { listFound } from '../../../ingest/verification-words.ts';
import type { LogStream } from '../../../streams/stream.ts';
import type { Asked } from '../../question.ts';
import { listed, loadLateRows, type LateRow } from './load-late-rows.ts';
import { loadHistories } from './load-histories.ts';
import { spansOfFinding } from './load-ledger-spans.ts';
import { showGap, type ShownGap } from './shown-gap.ts';
import { divide, joinEqual, type CellRun, type Part } from './states.ts';

/** A fetch that read a part of the span. */
type ShownFetch = {
  readonly id: string;
  readonly kind: string;
  readonly from: Date;
  readonly until: Date;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly error: string | null;
  readonly pages: number;
  readonly rowsSeen: number;
  readonly rowsNew: number;
  readonly rowsChanged: number;
  readonly rowsLate: number;
};

/** What is shown of a span. */
export type SpanAnswer = {
  readonly at: Date;
  readonly account: string;
  readonly stream: string;
  readonly title: string;
  readonly from: Date;
  readonly until: Date;
  /** How many seconds a cell has. */
  readonly step: number;
  readonly cells: readonly CellRun[];
  /** What verifications found in it that is not as it was stored, in sentences. */
  readonly found: readonly string[];
  /** What was taken away of it by policy, in sentences. */
  readonly removals: readonly string[];
  /** The exact spans of the states, the first of them. */
  readonly parts: readonly (Omit<Part, 'from' | 'to'> & {
    readonly from: Date;
    readonly until: Date;
  })[];
  readonly gaps: readonly ShownGap[];
  readonly fetches: readonly ShownFetch[];
  /** The rows that came late; null where there are too many rows to look for them. */
  readonly lateRows: readonly LateRow[] | null;
  /** How many there are of what is listed, where that is more than is listed. */
  readonly left: {
    readonly parts: number;
    readonly gaps: number;
    readonly fetches: boolean;
    readonly lateRows: boolean;
  };
};

const hourSeconds = 3600;

/** Loads a span of a log; undefined for a log that is not followed. */
export async function loadSpan(
  db: Queryable,
  { service, now }: Pick<Asked, 'service' | 'now'>,
  { account, log, from, to }: Span & { readonly account: string; readonly log: LogStream },
): Promise<SpanAnswer | undefined> {
  const [told] = await loadHistories(db, service, { account, stream: log.name }, now);
  if (told === undefined) return undefined;
  const { parts, marks, gaps } = told.history;
  const step = to - from > hourSeconds ? 60 : 1;
  const own = parts.filter((part) => part.from < to && part.to > from);
  const ownGaps = gaps.filter((gap) => (gap.from ?? -Infinity) < to && (gap.to ?? Infinity) > from);
  const fetches = await loadFetches(db, account, log.name, { from, to });
  const late = fetches.some(({ rowsLate }) => rowsLate > 0)
    ? await loadLateRows(db, account, log, { from, to })
    : [];
  const found = late?.map(({ at }) => ({ from: toSeconds(at), to: toSeconds(at) + 1 }));
  // Where the rows are too many to look for them, it is known between which seconds they are.
  const shown = marks.map((mark) =>
    mark.name === 'late' && found !== undefined ? { ...mark, spans: found } : mark,
  );
  return {
    at: now,
    account,
    stream: log.name,
    title: log.title,
    from: fromSeconds(from),
    until: fromSeconds(to),
    step,
    cells: joinEqual(divide(own, shown, { from, to, step })),
    found: listFound(
      told.found.filter((each) => {
        const spans = spansOfFinding(each);
        return spans === undefined || spans.some((span) => span.from < to && span.to > from);
      }),
    ),
    removals: describeRemovals(
      log.title,
      await loadRemovals(db, { account, stream: log.name }),
      (moment) => `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      { from, to },
    ),
    parts: own.slice(0, listed).map((part) => ({
      state: part.state,
      from: fromSeconds(Math.max(part.from, from)),
      until: fromSeconds(Math.min(part.to, to)),
    })),
    gaps: ownGaps.slice(0, listed).map(showGap),
    fetches: fetches.slice(0, listed),
    lateRows: late?.slice(0, listed) ?? null,
    left: {
      parts: Math.max(0, own.length - listed),
      gaps: Math.max(0, ownGaps.length - listed),
      fetches: fetches.length > listed,
      lateRows: (late?.length ?? 0) > listed,
    },
  };
}

/** Few fetches have more than a day: with these apart, the others are found by the beginning of their span. */
async function loadFetches(
  db: Queryable,
  account: string,
  stream: string,
  { from, to }: Span,
): Promise<readonly ShownFetch[]> {
  return db.query<ShownFetch>(
    `select f.id::text as id, f.kind, f.span_from as from, f.span_until as until, f.started_at as "startedAt",
       f.ended_at as "endedAt", f.outcome, f.error, f.pages, f.rows_seen::float8 as "rowsSeen", f.rows_new::float8 as "rowsNew",
       f.rows_changed::float8 as "rowsChanged", f.rows_late::float8 as "rowsLate"
     from (
       select s.* from zendesk_sync.fetches s
       where s.account = $1 and s.stream = $2 and s.span_from < $4 and s.span_from > $3::timestamptz - interval '1 day' and s.span_until > $3
         and s.span_until - s.span_from <= interval '1 day'
       union all
       select l.* from zendesk_sync.fetches l
       where l.account = $1 and l.stream = $2 and l.span_from < $4 and l.span_until > $3
         and l.span_until - l.span_from > interval '1 day'
     ) as f
     order by f.id desc limit ${listed + 1}`,
    [account, stream, fromSeconds(from), fromSeconds(to)],
  );
}
