/** The basis of a report: how much of the requested span is stored, what is missing, what Zendesk never records. */
import { refuseInput } from '../../errors.ts';
import { explainLoss, type Loss } from '../../ingest/loss-words.ts';
import { describeRemovals, listDropped } from '../../ingest/removals.ts';
import { listFound } from '../../ingest/verification-words.ts';
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
import { describeShare, mayConcern, neverVerified } from './coverage-share.ts';
import { findOldest, loadLogFacts, type LogFacts } from './log-facts.ts';
import { describeQuarantined } from './quarantined-records.ts';
import { describeArchived, refuseArchived } from './archived-rows.ts';
import type { ReportScope, ReportStatement } from './report.ts';
import { createMomentFormat } from './time-zone.ts';

const listedGaps = 10;
const daySeconds = 86_400;

/** The log of a report, and its span; without `from` as far back as the log is stored. */
type AskedSpan = {
  readonly log: LogStream;
  readonly from: Date | undefined;
  readonly to: Date;
};

/**
 * States how much of a span of a log is stored.
 *
 * @throws {KnownError} `archive_failed` when rows of the span are in the archive, and the report does not read them; `bad_input` when the span begins before what Zendesk keeps and nothing that old is stored: no answer could be right
 */
export async function describeCoverage(
  { db, account, now, timeZone, archived = [] }: ReportScope,
  { log, from, to }: AskedSpan,
): Promise<ReportStatement> {
  const loaded = await loadLogFacts(db, { account, stream: log.name });
  // How long Zendesk keeps a log is known even before the first pull.
  const facts = { ...loaded, retentionDays: loaded.retentionDays ?? log.retentionDays };
  const show = createMomentFormat(timeZone);
  const asked = {
    from: from === undefined ? undefined : toSeconds(from),
    to: Math.ceil(to.getTime() / 1000),
  };
  const moment = { now: toSeconds(now), show: (second: number) => show(fromSeconds(second)) };
  const problem = findUnreachable(log, facts, asked, moment);
  if (problem !== undefined) throw refuseInput([problem]);
  const inArchive = {
    ...asked,
    title: log.title,
    stream: log.name,
    archived: loaded.archived ?? [],
    show: moment.show,
  };
  if (!archived.includes(log.name)) refuseArchived(inArchive);
  const stated = stateCoverage(log, facts, asked, moment);
  const coverage = [...stated.coverage, ...describeArchived(inArchive)];
  return { ...stated, coverage, limits: log.blindSpots };
}

type Asked = { readonly from: number | undefined; readonly to: number };
type Moment = { readonly now: number; readonly show: (second: number) => string };

/** Why no report about the span can be right, or undefined. A day's grace, because people write days and not hours. */
export function findUnreachable(
  { title }: LogStream,
  { coverage, retentionDays, losses = [], removals = [] }: LogFacts,
  { from, to }: Asked,
  { now, show }: Moment,
): string | undefined {
  if (retentionDays === undefined || from === undefined) return undefined;
  const keptFrom = now - retentionDays * daySeconds;
  const grace = keptFrom - daySeconds;
  if (from >= grace) return undefined;
  // Rows pulled since the start of the retention moved forward do not make a long span answerable.
  const known = unite(unite(coverage, losses.map(spanOf)), listDropped(removals));
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
  const { horizon, retentionDays, unavailableReason, losses = [], removals = [] } = facts;
  const { title } = log;
  const refused =
    unavailableReason === undefined
      ? []
      : [`Zendesk currently refuses the ${title}: ${unavailableReason}`];
  const from = asked.from ?? findOldest(facts);
  if (from === Infinity) return { coverage: [`The ${title} is not stored yet.`], gaps: refused };

  const wanted = { from, to: Math.max(from, Math.min(asked.to, now)) };
  const lost = losses.filter((loss) => intersect([spanOf(loss)], [wanted]).length > 0);
  const lostSpans = normalizeSpans(lost.map(spanOf));
  const dropped = listDropped(removals);
  const { begin, start, missing, tail } = judge(facts, wanted, asked.to >= now, dropped);
  const keptFrom = retentionDays === undefined ? undefined : now - retentionDays * daySeconds;
  const gaps = subtract(missing, dropped).flatMap((gap) => splitAt(gap, keptFrom));
  const judged = { from: start, to: tail?.from ?? wanted.to };
  const showTime = (time: Date): string => show(toSeconds(time));
  const verified = facts.verified ?? neverVerified;
  const found = verified.found.filter((finding) => mayConcern(finding, wanted));
  return {
    coverage: [
      describeShare(
        title,
        { judged, wanted, missing, hasLosses: lost.length > 0, verified: { ...verified, found } },
        show,
      ),
      ...describeRemovals(title, removals, showTime, wanted),
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
      ...lost.map((loss) => explainLoss(loss, showTime)),
      ...listFound(found, showTime),
      ...(tail === undefined
        ? []
        : [
            `${show(tail.from)} to now (${describeLength(tail.to - tail.from)}) is not completely stored yet.`,
          ]),
      ...refused,
    ],
  };
}

/** The part of a wanted span that counts. */
type Judgement = {
  /** The first second that the log can have. */
  readonly begin: number;
  /** The first second after it that retention has not dropped: what is before that is reported, but not counted as a gap. */
  readonly start: number;
  /** What is not stored after it. */
  readonly missing: readonly Span[];
  /** The newest part, which has not settled yet and so is not a gap. */
  readonly tail: Span | undefined;
};

function judge(
  { coverage, horizon }: Pick<LogFacts, 'coverage' | 'horizon'>,
  { from, to }: Span,
  reachesNow: boolean,
  dropped: Spans,
): Judgement {
  const uncovered = subtract([{ from, to }], coverage);
  const [first] = uncovered;
  const begin =
    horizon !== undefined && first?.from === from && first.to >= Math.min(horizon, to)
      ? Math.min(Math.max(horizon, from), to)
      : from;
  const behind = dropped.find((span) => span.from <= begin && begin < span.to)?.to ?? begin;
  const start = Math.min(behind, to);
  const missing = subtract(uncovered, [{ from, to: start }]);
  const last = missing.at(-1);
  return reachesNow && last?.to === to
    ? { begin, start, missing: missing.slice(0, -1), tail: last }
    : { begin, start, missing, tail: undefined };
}

function describeBeginning({ title, horizonSetting }: LogStream, begin: string): string {
  const setting = horizonSetting === undefined ? '' : `, or ${horizonSetting.name} says so`;
  return `Nothing is stored before ${begin}: the ${title} of the account begins there${setting}.`;
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
