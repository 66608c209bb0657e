/** The state of a backfill, and what to do next: pure functions from state to state. */
import { codeOf, concernsSpan } from '../errors.ts';
import { subtract, unite, type Span, type Spans } from '../span.ts';
import { findGaps } from './coverage.ts';
import {
  beginDivision,
  divide,
  isPiece,
  nextPiece,
  noteRead,
  takePiece,
  type Division,
  type Piece,
} from './division.ts';
import type { Fetch } from './fetch.ts';
import {
  adaptSpanSeconds,
  firstSpanSeconds,
  liveReachSeconds,
  isPatient,
  planOldest,
  planRescan,
  type Rescanned,
} from './plan.ts';
import type { SpanResult } from './span-reader.ts';

/** What to read: every gap of the log, or one span, even if it is covered. */
export type Goal = 'gaps' | Span;

/** The state of a backfill. */
export type FillState = {
  readonly goal: Goal;
  /**
   * Spans that were read or given up in this run: they are not read again, even if a clock that was set back keeps them from
   * counting as covered.
   */
  readonly done: Spans;
  readonly reading: readonly Span[];
  /** The length of the next span of a gap. */
  readonly spanSeconds: number;
  /** Whether a span took more than a page: only then it makes sense to use more than one cursor. */
  readonly dense: boolean;
  readonly failuresInARow: number;
  /** The division of spans with records that cannot be stored. */
  readonly division: Division;
  /** The error with which the run fails at its end. */
  readonly failure: { readonly error: unknown; readonly endsRun: boolean } | undefined;
};

/** If so many spans fail in a row, the spans are not the cause. */
const failuresAllowed = 3;

/** A backfill before its first span. `unusable` is what previous runs could not read. */
export function beginFill(goal: Goal, unusable: Spans = []): FillState {
  return {
    goal,
    done: [],
    reading: [],
    spanSeconds: firstSpanSeconds,
    dense: false,
    failuresInARow: 0,
    division: beginDivision(unusable),
    failure: undefined,
  };
}

/** The reading of a span begins. */
export function noteStart(state: FillState, span: Span): FillState {
  const division = takePiece(state.division, span);
  return { ...state, division, reading: [...state.reading, span] };
}

/** A page was stored, and others of its span follow. */
export function noteDensity(state: FillState): FillState {
  return state.dense ? state : { ...state, dense: true };
}

/** A span was read completely, or given up as too dense. */
export function noteEnd(state: FillState, { fetch, splitSeconds, hasRows }: SpanResult): FillState {
  const { kind, span } = fetch;
  const tellsLength = kind !== 'rescan' && !isPiece(state.division, span);
  return {
    ...state,
    reading: without(state.reading, span),
    done: splitSeconds === undefined ? unite(state.done, [span]) : state.done,
    spanSeconds: tellsLength
      ? (splitSeconds ?? chooseLength(fetch, state.spanSeconds))
      : state.spanSeconds,
    failuresInARow: 0,
    division: noteRead(state.division, span, hasRows),
  };
}

/**
 * The reading of a span has failed. The other spans do not wait for one that cannot be read: they may expire at the source
 * meanwhile. An error that is not caused by the span ends the run, and so do too many failures in a row. A span with records
 * that cannot be stored is divided if possible.
 */
export function noteFailure(state: FillState, span: Piece, error: unknown): FillState {
  if (codeOf(error) === 'records_unusable') return noteUnusable(state, span, error);
  const failuresInARow = state.failuresInARow + 1;
  const endsRun = !concernsSpan(codeOf(error)) || failuresInARow >= failuresAllowed;
  return {
    ...state,
    reading: without(state.reading, span),
    done: unite(state.done, [span]),
    failuresInARow,
    failure: chooseFailure(state, { error, endsRun }),
  };
}

function noteUnusable(state: FillState, span: Piece, error: unknown): FillState {
  const { division, isGivenUp, endsRun } = divide(state.division, span);
  return {
    ...state,
    division,
    reading: without(state.reading, span),
    done: isGivenUp ? unite(state.done, [span]) : state.done,
    failure: chooseFailure(state, { error, endsRun }),
  };
}

/** The run cannot continue, for any span. */
export function noteBreak(state: FillState, error: unknown): FillState {
  return { ...state, failure: chooseFailure(state, { error, endsRun: true }) };
}

/** The first error is reported, but an error that ended the run says more than that of a single span. */
function chooseFailure(
  { failure }: FillState,
  next: NonNullable<FillState['failure']>,
): FillState['failure'] {
  return failure === undefined || (next.endsRun && !failure.endsRun) ? next : failure;
}

function chooseLength({ span, pages }: Fetch, spanSeconds: number): number {
  const length = span.to - span.from;
  // A short span at the end of a gap says little; the longer of the two is the length that was tried.
  return adaptSpanSeconds(Math.max(length, Math.min(spanSeconds, length * 2)), pages);
}

function without(spans: readonly Span[], span: Span): readonly Span[] {
  const place = spans.findIndex(({ from, to }) => from === span.from && to === span.to);
  return spans.filter((_, index) => index !== place);
}

/** The facts from the ledger, the clock and the settings. Times in seconds since 1970. */
export type FillFacts = {
  readonly coverage: Spans;
  /** What retention has dropped: it is never read again. Default: nothing. */
  readonly dropped?: Spans;
  /** Undefined while the log has no records. */
  readonly horizon: number | undefined;
  readonly rescanned: Rescanned;
  readonly rescanAges: readonly number[];
  readonly settleSeconds: number;
  /** Now, by the earliest clock: newer time cannot count as covered yet. */
  readonly earliest: number;
  /** Now, by the clock that the live fetch uses. */
  readonly likely: number;
};

/** What to read next: a span of a gap, or one to read again at an age. */
type NextSpan = { readonly span: Span; readonly rescanAgeSeconds: number | undefined };

/**
 * The next span to read: first rescans that are due soon after storing, then the oldest gap, then rescans that are due after
 * a long time. Undefined if there is none at present.
 */
export function planNext(state: FillState, facts: FillFacts): NextSpan | undefined {
  const { goal, done, division, reading, spanSeconds } = state;
  const piece = nextPiece(division);
  if (piece !== undefined) {
    const { from, to, rescanAgeSeconds } = piece;
    return { span: { from, to }, rescanAgeSeconds };
  }
  const { coverage, horizon, rescanAges, settleSeconds, earliest, likely } = facts;
  const planOpen = (open: Spans): NextSpan | undefined => {
    // Spans that could not be read before do not keep the others waiting.
    const span =
      planOldest(subtract(open, unite(done, division.unusable)), reading, spanSeconds) ??
      planOldest(subtract(open, done), reading, spanSeconds);
    return span === undefined ? undefined : { span, rescanAgeSeconds: undefined };
  };
  const { dropped = [] } = facts;
  if (goal !== 'gaps') return planOpen(subtract([goal], dropped));
  if (horizon === undefined) return undefined;
  // Time that the live fetch no longer reaches is a gap, also while following fails; but not time that no reading can cover
  // yet.
  const end = Math.min(likely - liveReachSeconds, earliest) - settleSeconds;
  const patient = rescanAges.filter(isPatient);
  const soon = rescanAges.filter((age) => !isPatient(age));
  return (
    planAgain(state, { ...facts, horizon }, soon) ??
    planOpen(findGaps(unite(coverage, dropped), horizon, end)) ??
    planAgain(state, { ...facts, horizon }, patient)
  );
}

function planAgain(
  { done, reading }: FillState,
  {
    coverage,
    dropped = [],
    horizon,
    rescanned,
    earliest,
  }: FillFacts & { readonly horizon: number },
  ages: readonly number[],
): NextSpan | undefined {
  const again = planRescan(
    subtract(coverage, unite(done, dropped)),
    horizon,
    rescanned,
    ages,
    earliest,
  );
  if (again === undefined) return undefined;
  const { span, ageSeconds } = again;
  const isBeingRead = reading.some(({ from, to }) => from < span.to && span.from < to);
  return isBeingRead ? undefined : { span, rescanAgeSeconds: ageSeconds };
}
