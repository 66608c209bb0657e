/** What the verifications of a log came to, in words: the same in `status`, the statement of each report and `doctor`. */

/** What a verification found and no later one has cleared, of one kind: an element of `zendesk_sync.status.found`. */
export type StandingFinding = {
  /** What it is: a name of the table in docs/evidence.md. */
  readonly kind: string;
  readonly findings: number;
  /** The first one in words. */
  readonly first: string;
  readonly depth: 'quick' | 'deep';
  /** The times of the rows or spans that they concern, ISO 8601; null: not known, so that it may be any. */
  readonly from: string | null;
  readonly until: string | null;
  /** What of the time between they concern; left out or null: not known. */
  readonly spans?: readonly (readonly [from: string, until: string])[] | null;
  /** When the verification was begun. */
  readonly found_at: string;
};

/** The verifications of a log. */
export type Verified = {
  /** When the last one of all of the log was begun; null: not verified yet. */
  readonly verified_at: Date | null;
  /** When the last one was begun that read every row. */
  readonly deeply_verified_at: Date | null;
  readonly found: readonly StandingFinding[];
};

type Show = (moment: Date) => string;

/** A moment in UTC, to the minute. */
const showMinute: Show = (moment) => `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** "verified 2026-11-27 02:17, every row 2026-11-22 03:41", or that nothing was verified yet. */
export function describeVerified(
  { verified_at: verifiedAt, deeply_verified_at: deeplyAt }: Verified,
  show: Show = showMinute,
): string {
  if (verifiedAt === null) return 'not verified yet';
  if (deeplyAt === null) return `verified ${show(verifiedAt)}, but not row by row yet`;
  return deeplyAt.getTime() === verifiedAt.getTime()
    ? `verified row by row ${show(verifiedAt)}`
    : `verified ${show(verifiedAt)}, row by row ${show(deeplyAt)}`;
}

/** Says that verifications found something: when, how much. Undefined if no finding is open. */
export function describeFound(
  found: readonly StandingFinding[],
  show: Show = showMinute,
): string | undefined {
  const [newest] = found;
  if (newest === undefined) return undefined;
  const count = found.reduce((sum, { findings }) => sum + findings, 0);
  const things = count === 1 ? 'one thing' : `${count.toLocaleString('en-US')} things`;
  const others = found.some(({ found_at: at }) => at !== newest.found_at) ? ' and before' : '';
  return `the verification of ${show(new Date(newest.found_at))}${others} found ${things} not as stored`;
}

/** What was found, a sentence for each kind. */
export function listFound(
  found: readonly StandingFinding[],
  show: Show = showMinute,
): readonly string[] {
  return found.map(({ first, findings, found_at: at }) => {
    const more =
      findings === 1 ? '' : ` And ${(findings - 1).toLocaleString('en-US')} more of that kind.`;
    return `The verification of ${show(new Date(at))} found: ${first}${more}`;
  });
}
