/** How much of a span of a log is stored, in a sentence: by its coverage, its losses and its verifications. Pure. */
import {
  describeFound,
  describeVerified,
  type StandingFinding,
  type Verified,
} from '../../ingest/verification-words.ts';
import { measure, toSeconds, type Span } from '../../span.ts';

/** A log that no verification has looked at. */
export const neverVerified: Verified = { verified_at: null, deeply_verified_at: null, found: [] };

/** Whether what a verification found may be of a span. */
export function mayConcern({ from, until }: StandingFinding, wanted: Span): boolean {
  return (
    (from === null || toSeconds(new Date(from)) < wanted.to) &&
    (until === null || toSeconds(new Date(until)) >= wanted.from)
  );
}

type Share = {
  /** The part of the span that the log can have. */
  readonly judged: Span;
  readonly wanted: Span;
  /** What of it is not stored: gaps, and what retention has dropped. */
  readonly missing: readonly Span[];
  readonly hasLosses: boolean;
  /** With the findings that may be of the span. */
  readonly verified: Verified;
};

/** Only what the rows bear out and the last verification did not contradict is called completely stored. */
export function describeShare(
  title: string,
  { judged, wanted, missing, hasLosses, verified }: Share,
  show: (second: number) => string,
): string {
  const length = judged.to - judged.from;
  const covered = length - measure(missing);
  if (covered <= 0)
    return `No part of the ${title} from ${show(wanted.from)} to ${show(wanted.to)} is completely stored.`;
  const span = `from ${show(judged.from)} to ${show(judged.to)}`;
  // Rounded down: incomplete coverage is never shown as 100 %.
  const share = (Math.floor((covered / length) * 1000) / 10).toFixed(1);
  const what =
    covered === length ? `The ${title} ${span}` : `Of the ${title} ${span}, ${share} % of the time`;
  if (hasLosses && covered === length)
    return `${what} was read completely, but some of its rows are no longer there.`;
  const showTime = (time: Date): string => show(toSeconds(time));
  const found = describeFound(verified.found, showTime);
  if (found !== undefined) return `${what} was read completely, but ${found}.`;
  const checked = describeVerified(verified, showTime);
  return verified.verified_at === null
    ? `${what} was read completely; ${checked}.`
    : `${what} is completely stored; ${checked}.`;
}
