/** What a report rests on: how much of the asked span is stored, what is missing, what Zendesk never records. */
import { refuseInput } from '../../errors.ts';
import { explainLoss, type Loss } from '../../ingest/loss-words.ts';
import {
  fromSeconds,
  intersect,
  measure,
  normalizeSpans,
  subtract,
  toSeconds,
  unite,
  type Span,
  type Spans,
} from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import { loadLogFacts, type LogFacts } from './log-facts.ts';
import { describeQuarantined } from './quarantined-records.ts';
import type { ReportScope, ReportStatement } from './report.ts';
import { createMomentFormat } from './time-zone.ts';

const listedGaps = 10;
const daySeconds = 86_400;

/** The log a report is about, and the span it was asked for; without `from` as far back as the log is stored. */
type AskedSpan = {
  readonly log: LogStream;
  readonly from: Date | undefined;
  readonly to: Date;
};

/**
 * States what of a span of a log is stored.
 *
 * @throws {KnownError} `bad_input` when the span begins before what Zendesk keeps and nothing that old is stored: no answer could be right
 */
export async function describeCoverage(
  { db, account, now, timeZone }: ReportScope,
  { log, from, to }: AskedSpan,
): Promise<ReportStatement> {
  const loaded = await loadLogFacts(db, { account, stream: log.name });
  // How long Zendesk keeps a log is known before it was ever pulled.
  const facts = { ...loaded, retentionDays: loaded.retentionDays ?? log.retentionDays };
  const show = createMomentFormat(timeZone);
  const asked = {
    from: from === undefined ? undefined : toSeconds(from),
    to: Math.ceil(to.getTime() / 1000),
  };
  const moment = { now: toSeconds(now), show: (second: number) => show(fromSeconds(second)) };
  const problem = findUnreachable(log, facts, asked, moment);
  if (problem !== undefined) throw refuseInput([problem]);
  return { ...stateCoverage(log, facts, asked, moment), limits: log.blindSpots };
}

type Asked = { readonly from: number | undefined; readonly to: number };
type Moment = { readonly now: number; readonly show: (second: number) => string };

/** Why no report about the span can be right, or undefined. A day's grace, because people write days and not hours. */
export function findUnreachable(
  { title }: LogStream,
  { coverage, retentionDays, losses = [] }: LogFacts,
  { from, to }: Asked,
  { now, show }: Moment,
): string | undefined {
  if (retentionDays === undefined || from === undefined) return undefined;
  const keptFrom = now - retentionDays * daySeconds;
  const grace = keptFrom - daySeconds;
  if (from >= grace) return undefined;
  // What was pulled since the start of the retention moved on does not make a long span answerable.
  const known = unite(coverage, losses.map(spanOf));
  if (intersect(known, [{ from, to: Math.min(to, grace) }]).length > 0) return undefined;
  return `The ${title} from ${show(from)} to ${show(Math.min(to, grace))} is not stored, and Zendesk keeps it for only ${retentionDays} days. Use a start at ${show(keptFrom)} or later.`;
}

/** The sentences about coverage and gaps of a span; pure. */
export function stateCoverage(
  log: LogStream,
  facts: LogFacts,
  asked: Asked,
  { now, show }: Moment,
): Pick<ReportStatement, 'coverage' | 'gaps'> {
  const { coverage, horizon, retentionDays, unavailableReason, losses = [] } = facts;
  const { title } = log;
  const refused =
    unavailableReason === undefined
      ? []
      : [`Zendesk currently refuses the ${title}: ${unavailableReason}`];
  const from =
    asked.from ??
    Math.min(
      coverage[0]?.from ?? Infinity,
      horizon ?? Infinity,
      ...losses.map((loss) => spanOf(loss).from),
    );
  if (from === Infinity) return { coverage: [`The ${title} is not stored yet.`], gaps: refused };

  const wanted = { from, to: Math.max(from, Math.min(asked.to, now)) };
  const lost = losses.filter((loss) => intersect([spanOf(loss)], [wanted]).length > 0);
  const lostSpans = normalizeSpans(lost.map(spanOf));
  const { begin, missing, tail } = judge(facts, wanted, asked.to >= now);
  const keptFrom = retentionDays === undefined ? undefined : now - retentionDays * daySeconds;
  const gaps = missing.flatMap((gap) => splitAt(gap, keptFrom));
  const judged = { from: begin, to: tail?.from ?? wanted.to };
  return {
    coverage: [
      describeShare(title, judged, wanted, gaps, lost.length > 0, show),
      ...describeQuarantined(facts, wanted),
    ],
    gaps: [
      ...(begin > from ? [describeBeginning(log, show(horizon ?? begin))] : []),
      ...gaps
        .slice(0, listedGaps)
        .map((gap) => describeGap(gap, lostSpans, keptFrom, retentionDays, show)),
      ...(gaps.length > listedGaps
        ? [
            `And ${gaps.length - listedGaps} more, ${describeLength(measure(gaps.slice(listedGaps)))} altogether, are not stored.`,
          ]
        : []),
      ...lost.map((loss) => explainLoss(loss, (time) => show(toSeconds(time)))),
      ...(tail === undefined
        ? []
        : [
            `${show(tail.from)} to now (${describeLength(tail.to - tail.from)}) is not completely stored yet.`,
          ]),
      ...refused,
    ],
  };
}

/** What of a wanted span counts. */
type Judgement = {
  /** The first second that the log can have. */
  readonly begin: number;
  /** What is not stored after it. */
  readonly missing: readonly Span[];
  /** The newest part, which has not settled yet and so is no gap. */
  readonly tail: Span | undefined;
};

function judge(
  { coverage, horizon }: Pick<LogFacts, 'coverage' | 'horizon'>,
  { from, to }: Span,
  reachesNow: boolean,
): Judgement {
  const uncovered = subtract([{ from, to }], coverage);
  const [first] = uncovered;
  const begin =
    horizon !== undefined && first?.from === from && first.to >= Math.min(horizon, to)
      ? Math.min(Math.max(horizon, from), to)
      : from;
  const missing = subtract(uncovered, [{ from, to: begin }]);
  const last = missing.at(-1);
  return reachesNow && last?.to === to
    ? { begin, missing: missing.slice(0, -1), tail: last }
    : { begin, missing, tail: undefined };
}

function describeBeginning({ title, horizonSetting }: LogStream, begin: string): string {
  const setting = horizonSetting === undefined ? '' : `, or ${horizonSetting.name} says so`;
  return `Nothing is stored before ${begin}: the ${title} of the account begins there${setting}.`;
}

function describeShare(
  title: string,
  judged: Span,
  wanted: Span,
  gaps: readonly Span[],
  hasLosses: boolean,
  show: Moment['show'],
): string {
  const length = judged.to - judged.from;
  const covered = length - measure(gaps);
  if (covered <= 0)
    return `No part of the ${title} from ${show(wanted.from)} to ${show(wanted.to)} is completely stored.`;
  const span = `from ${show(judged.from)} to ${show(judged.to)}`;
  if (covered === length)
    return hasLosses
      ? `The ${title} ${span} was read completely, but some of its rows are no longer there.`
      : `The ${title} ${span} is completely stored.`;
  // Rounded down: what is not complete is never called 100 %.
  const share = Math.floor((covered / length) * 1000) / 10;
  return `Of the ${title} ${span}, ${share.toFixed(1)} % of the time is completely stored.`;
}

function splitAt(gap: Span, second: number | undefined): Span[] {
  if (second === undefined || second <= gap.from || second >= gap.to) return [gap];
  return [
    { from: gap.from, to: second },
    { from: second, to: gap.to },
  ];
}

function describeGap(
  gap: Span,
  lost: Spans,
  keptFrom: number | undefined,
  retentionDays: number | undefined,
  show: Moment['show'],
): string {
  const span = `${show(gap.from)} to ${show(gap.to)} (${describeLength(gap.to - gap.from)})`;
  const wasStored = intersect(lost, [gap]).length > 0;
  if (keptFrom === undefined || gap.to > keptFrom)
    return `${span} is ${wasStored ? 'no longer' : 'not'} stored.`;
  const state = wasStored ? 'is no longer stored' : 'was never stored';
  return `${span} ${state}, and Zendesk no longer has it: ${retentionDays} days have passed.`;
}

function spanOf({ lost_from, lost_until }: Loss): Span {
  return { from: toSeconds(new Date(lost_from)), to: toSeconds(new Date(lost_until)) };
}

/** A length of time in its two largest units: "2d 3h". */
export function describeLength(seconds: number): string {
  const parts = [
    [Math.floor(seconds / daySeconds), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return (
    parts
      .slice(Math.max(first, 0), Math.max(first, 0) + 2)
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count}${unit}`)
      .join(' ') || '0s'
  );
}

/** The statement as lines, for people. */
export function listStatement({
  coverage,
  gaps,
  limits: known,
  notes = [],
}: ReportStatement): string[] {
  return [
    ...coverage.map((sentence) => `Coverage: ${sentence}`),
    ...(gaps.length === 0 ? ['Gaps: none.'] : gaps.map((sentence) => `Gap: ${sentence}`)),
    ...known.map((sentence) => `Limit: ${sentence}`),
    ...notes.map((sentence) => `Note: ${sentence}`),
  ];
}
