/** What a report rests on: how much of the asked span is stored, what is missing, what Zendesk never records. */
import { InputError } from '../errors.ts';
import { loadLogFacts, type LogFacts } from '../database/reports/coverage-of-span.ts';
import { countUnclassified } from '../database/reports/unclassified.ts';
import { fromSeconds, intersect, measure, subtract, toSeconds, type Span } from '../span.ts';
import { accessLogLimits, auditLogLimits } from './limits.ts';
import type { ReportScope, ReportStatement } from './report.ts';
import { createMomentFormat } from './time-zone.ts';

const names = { audit_logs: 'audit log', access_logs: 'access log' } as const;
const limits = { audit_logs: auditLogLimits, access_logs: accessLogLimits } as const;
const listedGaps = 10;
const daySeconds = 86_400;
/** Contract 4. */
const accessLogDays = 90;

/** The log a report is about, and the span it was asked for; without `from` as far back as the log is stored. */
type AskedSpan = {
  readonly stream: 'audit_logs' | 'access_logs';
  readonly from: Date | undefined;
  readonly to: Date;
};

/**
 * States what of a span of a log is stored.
 *
 * @throws {InputError} when the span begins before what Zendesk keeps and nothing that old is stored: no answer could be right
 */
export async function describeCoverage(
  { db, account, now, timeZone }: ReportScope,
  { stream, from, to }: AskedSpan,
): Promise<ReportStatement> {
  const facts = withRetention(stream, await loadLogFacts(db, { account, stream }));
  const show = createMomentFormat(timeZone);
  const asked = {
    from: from === undefined ? undefined : toSeconds(from),
    to: Math.ceil(to.getTime() / 1000),
  };
  const moment = { now: toSeconds(now), show: (second: number) => show(fromSeconds(second)) };
  const problem = findUnreachable(stream, facts, asked, moment);
  if (problem !== undefined) throw new InputError([problem]);
  const { coverage, gaps } = stateCoverage(stream, facts, asked, moment);
  const unclassified =
    stream === 'access_logs'
      ? stateUnclassified(await countUnclassified(db, account, from ?? new Date(0), to))
      : [];
  return { coverage: [...coverage, ...unclassified], gaps, limits: limits[stream] };
}

/** How long Zendesk keeps a log is known before it was ever pulled. */
function withRetention(stream: Stream, facts: LogFacts): LogFacts {
  return stream === 'audit_logs' || facts.retentionDays !== undefined
    ? facts
    : { ...facts, retentionDays: accessLogDays };
}

type Stream = AskedSpan['stream'];
type Asked = { readonly from: number | undefined; readonly to: number };
type Moment = { readonly now: number; readonly show: (second: number) => string };

/** Why no report about the span can be right, or undefined. A day's grace, because people write days and not hours. */
export function findUnreachable(
  stream: Stream,
  { coverage, retentionDays }: LogFacts,
  { from, to }: Asked,
  { now, show }: Moment,
): string | undefined {
  if (retentionDays === undefined || from === undefined) return undefined;
  const keptFrom = now - retentionDays * daySeconds;
  const grace = keptFrom - daySeconds;
  if (from >= grace) return undefined;
  // What was pulled since the start of the retention moved on does not make a long span answerable.
  if (intersect(coverage, [{ from, to: Math.min(to, grace) }]).length > 0) return undefined;
  return `Nothing of the ${names[stream]} from ${show(from)} to ${show(Math.min(to, grace))} is stored, and Zendesk keeps it for ${retentionDays} days only; expected a start at ${show(keptFrom)} or later.`;
}

/** The sentences about coverage and gaps of a span; pure. */
export function stateCoverage(
  stream: Stream,
  facts: LogFacts,
  asked: Asked,
  { now, show }: Moment,
): Pick<ReportStatement, 'coverage' | 'gaps'> {
  const { coverage, horizon, retentionDays, unavailableReason } = facts;
  const name = names[stream];
  const refused =
    unavailableReason === undefined
      ? []
      : [`Zendesk refuses the ${name} at present: ${unavailableReason}`];
  const from = asked.from ?? Math.min(coverage[0]?.from ?? Infinity, horizon ?? Infinity);
  if (from === Infinity)
    return { coverage: [`Nothing of the ${name} is stored yet.`], gaps: refused };

  const until = Math.max(from, Math.min(asked.to, now));
  const wanted = { from, to: until };
  const missing = subtract([wanted], coverage);
  const keptFrom = retentionDays === undefined ? undefined : now - retentionDays * daySeconds;
  const beginning = missing[0];
  const before =
    horizon !== undefined && beginning?.from === from && beginning.to >= Math.min(horizon, until)
      ? Math.min(Math.max(horizon, from), until)
      : from;
  const open = subtract(missing, [{ from, to: before }]);
  const last = open.at(-1);
  const tail = last !== undefined && asked.to >= now && last.to === until ? last : undefined;
  const gaps = (tail === undefined ? open : open.slice(0, -1)).flatMap((gap) =>
    splitAt(gap, keptFrom),
  );
  return {
    coverage: [
      describeShare(
        name,
        { from: before, to: tail?.from ?? until },
        { from, to: until },
        gaps,
        show,
      ),
    ],
    gaps: [
      ...(before > from
        ? [
            `Before ${show(before)} nothing is stored: the ${name} of the account begins there, or AUDIT_LOGS_START says so.`,
          ]
        : []),
      ...gaps.slice(0, listedGaps).map((gap) => describeGap(gap, keptFrom, retentionDays, show)),
      ...(gaps.length > listedGaps
        ? [
            `And ${gaps.length - listedGaps} more, ${describeLength(measure(gaps.slice(listedGaps)))} altogether, are not stored.`,
          ]
        : []),
      ...(tail === undefined
        ? []
        : [
            `${show(tail.from)} to now (${describeLength(tail.to - tail.from)}) is not stored completely yet.`,
          ]),
      ...refused,
    ],
  };
}

function describeShare(
  name: string,
  judged: Span,
  wanted: Span,
  gaps: readonly Span[],
  show: Moment['show'],
): string {
  const length = judged.to - judged.from;
  const covered = length - measure(gaps);
  if (covered <= 0)
    return `Nothing of the ${name} from ${show(wanted.from)} to ${show(wanted.to)} is stored completely.`;
  const span = `from ${show(judged.from)} to ${show(judged.to)}`;
  if (covered === length) return `The ${name} ${span} is stored completely.`;
  // Rounded down: what is not complete is never called 100 %.
  const share = Math.floor((covered / length) * 1000) / 10;
  return `Of the ${name} ${span} ${share.toFixed(1)} % of the time is stored completely.`;
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
  keptFrom: number | undefined,
  retentionDays: number | undefined,
  show: Moment['show'],
): string {
  const span = `${show(gap.from)} to ${show(gap.to)} (${describeLength(gap.to - gap.from)})`;
  return keptFrom !== undefined && gap.to <= keptFrom
    ? `${span} was never stored, and Zendesk no longer keeps it: ${retentionDays} days have passed.`
    : `${span} is not stored.`;
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

function stateUnclassified({
  requests,
  unclassified,
}: {
  requests: number;
  unclassified: number;
}): string[] {
  if (requests === 0) return [];
  const share = ((unclassified / requests) * 100).toFixed(1);
  return [
    unclassified === 0
      ? `Rules know what each of the ${requests.toLocaleString('en-US')} requests on these days was about.`
      : `No rule knows what ${share} % of the requests on these days (${unclassified.toLocaleString('en-US')} of ${requests.toLocaleString('en-US')}) were about.`,
  ];
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
