/**
 * What of a log is not stored, each with the reason that is known: what `gaps` prints, and what an evidence package states.
 * Its truth is the ledger's: coverage, losses, rescans, quarantine, runs.
 */
import {
  intersect,
  normalizeSpans,
  subtract,
  toSeconds,
  unite,
  type Span,
  type Spans,
} from '../span.ts';
import type { LogStream } from '../streams/stream.ts';
import { findGaps, findKeptSince } from './coverage.ts';
import type { GapFacts, QuarantinedGap, Refusal } from './gap-facts.ts';
import { explainLoss, type Loss, type LossCode } from './loss-words.ts';
import { findDue, listRescanAges, liveReachSeconds } from './plan.ts';

/**
 * Why something is not stored. `expired`: never stored, and Zendesk no longer has it. `rescan_due`: stored, but to be read
 * again, as something may have appeared late. The code of a loss: what was stored and is gone.
 */
export type GapReason =
  'never_read' | 'expired' | 'unavailable' | 'quarantined' | 'rescan_due' | LossCode;

/** Something of a log that is not stored. Times in whole seconds since 1970; undefined where nothing says when. */
export type Gap = {
  readonly stream: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly reason: GapReason;
  /** Why, in words, and what becomes of it. */
  readonly sentence: string;
  /** Whether reading from Zendesk may close it. */
  readonly canClose: boolean;
  /** How many rows or records are missing, where that is known. */
  readonly records?: number;
};

/** What a list of gaps must know of a log. */
export type GapLog = Pick<LogStream, 'name' | 'title' | 'retentionDays'>;

/** By what moment and which settings gaps are judged; in seconds. */
export type GapScope = {
  readonly now: number;
  readonly settleSeconds: number;
  /** The ages of RESCAN_AFTER; none: what is due to be read again is left out. */
  readonly rescanAges: readonly number[];
  /** The oldest second that the settings want, where the ledger does not know it yet. */
  readonly wantedFrom?: number | undefined;
};

/** The gaps of a log, oldest first; pure. */
export function judgeGaps(log: GapLog, facts: GapFacts, scope: GapScope): readonly Gap[] {
  const { losses, dropped = [] } = facts;
  const coverage = unite(facts.coverage, dropped);
  const kept = findKeptSince(log.retentionDays, scope.now);
  const wanted = facts.horizon ?? scope.wantedFrom;
  const horizon =
    log.retentionDays === undefined
      ? (wanted ?? coverage[0]?.from)
      : Math.max(kept, wanted ?? kept);
  const described: Described = { log, facts, told: new Set() };
  if (horizon === undefined)
    return [describeUnread(described, { from: undefined, to: undefined }, false)];
  const end = scope.now - liveReachSeconds - scope.settleSeconds;
  const oldest = Math.min(horizon, coverage[0]?.from ?? horizon, ...losses.map(startOf));
  const gaps = [
    ...subtract([{ from: oldest, to: Math.min(kept, horizon) }], coverage).flatMap((span) =>
      describeSpan(described, span, true),
    ),
    ...findGaps(coverage, horizon, end).flatMap((span) => describeSpan(described, span, false)),
  ];
  return [
    ...gaps,
    ...losses.filter((loss) => !described.told.has(loss)).map((loss) => describeLost(log, loss)),
    ...facts.quarantined.map((group) => describeQuarantined(log, group)),
    ...listDue(log, facts, scope, horizon),
  ].toSorted((a, b) => (a.from ?? 0) - (b.from ?? 0));
}

/** What is described, and the losses that a gap has named so far. */
type Described = { readonly log: GapLog; readonly facts: GapFacts; readonly told: Set<Loss> };

/** A span that is not covered, in parts that have a reason each: what was lost, what was refused, and the rest. */
function describeSpan(described: Described, span: Span, isExpired: boolean): Gap[] {
  const { log, facts, told } = described;
  const gaps: Gap[] = [];
  let rest: Spans = [span];
  for (const loss of facts.losses) {
    const part = intersect(rest, [spanOf(loss)]);
    if (part.length === 0) continue;
    told.add(loss);
    const known = isExpired ? { ...loss, rows_found: 0 } : loss;
    for (const each of part)
      gaps.push({ ...describeLost(log, known), ...each, canClose: !isExpired });
    rest = subtract(rest, [spanOf(loss)]);
  }
  if (!isExpired)
    for (const refusal of facts.refusals) {
      for (const each of intersect(rest, [refusal]))
        gaps.push({
          stream: log.name,
          ...each,
          reason: 'unavailable',
          sentence: explainRefusal(log, refusal, facts.unavailableReason),
          canClose: true,
        });
      rest = subtract(rest, [refusal]);
    }
  return [...gaps, ...rest.map((each) => describeUnread(described, each, isExpired))];
}

function describeUnread(
  { log, facts }: Described,
  span: Pick<Gap, 'from' | 'to'>,
  isExpired: boolean,
): Gap {
  const { name, title, retentionDays } = log;
  const { from = -Infinity, to = Infinity } = span;
  const refused = facts.refusals.filter((refusal) =>
    refusal.isOver ? refusal.from < to && from < refusal.to : !isExpired,
  );
  const also = refused.map((each) => ` ${explainRefusal(log, each, facts.unavailableReason)}`);
  const sentence = isExpired
    ? `It was never stored, and Zendesk no longer has it: it keeps the ${title} for ${retentionDays} days.`
    : 'It was never read.';
  return {
    stream: name,
    ...span,
    reason: isExpired ? 'expired' : 'never_read',
    sentence: `${sentence}${also.join('')}`,
    canClose: !isExpired,
  };
}

/** A loss as a gap of its own: what can no longer be read again, or is covered as far as a gap can say. */
function describeLost({ name }: GapLog, loss: Loss): Gap {
  const { rows, rows_found: found } = loss;
  return {
    stream: name,
    ...spanOf(loss),
    reason: loss.code,
    sentence: explainLoss(loss),
    canClose: found === null,
    records: rows - (found ?? 0),
  };
}

function describeQuarantined({ name }: GapLog, { from, to, code, records }: QuarantinedGap): Gap {
  const subject = records === 1 ? 'One record' : `${records.toLocaleString('en-US')} records`;
  return {
    stream: name,
    from,
    to,
    reason: 'quarantined',
    sentence: `${subject} could not be stored (${code}): see "quarantine list" and "quarantine retry".`,
    canClose: false,
    records,
  };
}

function listDue(
  { name, retentionDays }: GapLog,
  { coverage, dropped = [], rescanned }: GapFacts,
  { now, rescanAges }: GapScope,
  horizon: number,
): readonly Gap[] {
  return listRescanAges(rescanAges, retentionDays).flatMap((age) => {
    // An age that is new to the settings starts from now.
    const read = rescanned.get(age) ?? coverage;
    return findDue(subtract(coverage, dropped), horizon, read, age, now).map((span): Gap => ({
      stream: name,
      ...span,
      reason: 'rescan_due',
      sentence: `It is stored, and is to be read again at an age of ${describeAge(age)}, as records may have appeared late.`,
      canClose: true,
    }));
  });
}

function describeAge(seconds: number): string {
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const)
    if (seconds % length === 0) return `${seconds / length}${unit}`;
  return `${seconds}s`;
}

function explainRefusal(
  { title }: GapLog,
  { from, to, isOver }: Refusal,
  reason: string | undefined,
): string {
  return isOver
    ? `Zendesk refused the ${title} from ${showMinute(from)} to ${showMinute(to)}.`
    : `Zendesk has refused the ${title} since ${showMinute(from)}: ${reason ?? 'no reason is known.'}`;
}

function showMinute(second: number): string {
  return new Date(second * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

function startOf({ lost_from: from }: Loss): number {
  return toSeconds(new Date(from));
}

function spanOf(loss: Loss): Span {
  return { from: startOf(loss), to: Math.ceil(Date.parse(loss.rows_until) / 1000) };
}

/** The spans that reading again may close, joined. */
export function listClosable(gaps: readonly Gap[]): Spans {
  return normalizeSpans(
    gaps.flatMap(({ from, to, canClose }) =>
      canClose && from !== undefined && to !== undefined ? [{ from, to }] : [],
    ),
  );
}
