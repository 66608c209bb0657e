/** What the ledger says of a log, as states of its seconds. Pure. */
import type { GapFacts } from '../../../ingest/gap-facts.ts';
import { judgeGaps, type Gap, type GapLog, type GapScope } from '../../../ingest/gaps.ts';
import { intersect, toSeconds, type Span, type Spans } from '../../../span.ts';
import { layStates, type Layer, type Mark, type Part } from './states.ts';

/** What is known of a log beside its gaps. Times in seconds since 1970. */
type HistoryFacts = {
  readonly gapFacts: GapFacts;
  /** What fetches are on at this moment. */
  readonly reading: Spans;
  /** Months whose rows are in the archive, and no longer in the table. */
  readonly archived: Spans;
  /** What a hold keeps. */
  readonly held: Spans;
  /** Spans with rows that appeared after they were covered. */
  readonly late: Spans;
  /** Spans in which a verification found something that is not as it was stored. */
  readonly altered: Spans;
  /** The beginning of the first day with rows; undefined while there are none. */
  readonly firstRowDay: number | undefined;
  /** Whether Zendesk was asked for something older than the horizon, and had nothing. */
  readonly isBeginningProved: boolean;
};

/** The states of a log from its beginning to now, oldest first. */
export type History = {
  readonly parts: readonly Part[];
  readonly marks: readonly Layer<Mark>[];
  readonly gaps: readonly Gap[];
  /** Undefined for a log of which nothing is known yet. */
  readonly whole: Span | undefined;
};

const daySeconds = 86_400;

/** Gaps that are said of covered seconds, and are shown as marks. */
const besideCoverage: ReadonlyMap<string, Mark> = new Map([
  ['rescan_due', 'rescan_due'],
  ['quarantined', 'quarantined'],
]);

/** What became of each second of a log. */
export function tellHistory(log: GapLog, facts: HistoryFacts, scope: GapScope): History {
  const { gapFacts, archived, held, reading, late, altered } = facts;
  const { coverage, losses } = gapFacts;
  const gaps = judgeGaps(log, gapFacts, scope);
  const told = gaps.filter(({ reason }) => !besideCoverage.has(reason));
  const first = Math.min(
    ...[...coverage, ...(gapFacts.dropped ?? []), ...spansOf(told)].map(({ from }) => from),
  );
  if (!Number.isFinite(first)) return { parts: [], marks: [], gaps, whole: undefined };
  const start = Math.floor(first / daySeconds) * daySeconds;
  const whole = { from: start, to: scope.now };
  const newest = coverage.at(-1)?.to ?? scope.now;
  const parts = layStates(whole, [
    { name: 'dropped', spans: gapFacts.dropped ?? [] },
    { name: 'archived', spans: intersect(archived, coverage) },
    { name: 'unrecorded', spans: findUnrecorded(facts, first) },
    { name: 'covered', spans: coverage },
    { name: 'reading', spans: reading },
    { name: 'lost', spans: spansOf(told.filter(({ canClose }) => !canClose)) },
    { name: 'gap', spans: spansOf(told.filter(({ canClose }) => canClose)) },
    {
      name: gapFacts.unavailableReason === undefined ? 'reading' : 'gap',
      spans: [{ from: newest, to: scope.now }],
    },
  ]);
  const marked = (reason: string): Spans => spansOf(gaps.filter((gap) => gap.reason === reason));
  const marks: readonly Layer<Mark>[] = [
    { name: 'altered', spans: altered },
    { name: 'late', spans: late },
    { name: 'held', spans: held },
    ...[...besideCoverage].map(([reason, name]) => ({ name, spans: marked(reason) })),
    {
      name: 'rows_lost',
      spans: losses
        .filter(({ rows_found: found }) => found !== null)
        .map(({ lost_from: from, rows_until: until }) => ({
          from: toSeconds(new Date(from)),
          to: Math.ceil(Date.parse(until) / 1000),
        })),
    },
  ];
  return { parts, marks, gaps, whole };
}

/**
 * What was read from the beginning on before the first row: Zendesk had nothing of it. With a gap before the first row
 * nobody knows whether it is the first. In the same way what is older than the first record, if that was asked for.
 */
function findUnrecorded(
  { gapFacts: { coverage, losses }, firstRowDay, isBeginningProved }: HistoryFacts,
  first: number,
): Spans {
  const older = isBeginningProved ? [{ from: -Infinity, to: first }] : [];
  const [oldest] = coverage;
  const isRead =
    firstRowDay !== undefined &&
    oldest?.from === first &&
    oldest.to >= firstRowDay &&
    losses.length === 0;
  return isRead ? [...older, { from: first, to: firstRowDay }] : older;
}

/** The spans of gaps whose time is known. */
function spansOf(gaps: readonly Gap[]): readonly Span[] {
  return gaps.flatMap(({ from, to }) =>
    from === undefined || to === undefined ? [] : [{ from, to }],
  );
}
