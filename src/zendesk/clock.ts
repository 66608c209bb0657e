/** Zendesk's clock, from the headers `Date` and `Age` of its answers (contract Q25). It decides nothing alone. */

const toleratedMs = 5_000;
/** `Date` and `Age` are cut to whole seconds. */
const headerResolutionMs = 999;
/** So many answers in a row must agree before the program believes them. */
const answersNeeded = 3;

/** One answer: the local times before and after it in epoch milliseconds, and its headers `Date` and `Age`. */
type ClockReading = {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly date: string | undefined;
  readonly age: string | undefined;
};

/** The difference to add to the local clock to get Zendesk's, as the answers say, in milliseconds. */
export type ZendeskClock = {
  /** What several answers in a row have agreed on; undefined before. */
  readonly agreedMs: number | undefined;
  /** What the newest answers say instead, as long as too few of them agree. */
  readonly doubt: { readonly skewMs: number; readonly answers: number } | undefined;
};

/** The clock before the first answer. */
export const unknownClock: ZendeskClock = { agreedMs: undefined, doubt: undefined };

/** What the newest answers say, even if others do not agree; 0 before the first. */
export function newestSkewMs({ agreedMs, doubt }: ZendeskClock): number {
  return doubt?.skewMs ?? agreedMs ?? 0;
}

/** How old a cached answer is, in milliseconds; 0 for one that comes from Zendesk itself. */
export function readAgeMs(age: string | undefined): number {
  return age !== undefined && /^\d{1,9}$/.test(age.trim()) ? Number(age) * 1000 : 0;
}

/**
 * Learns from one more answer. The header was written at an unknown moment between sending and receiving, so an answer only
 * limits the difference, and a slow answer proves little. One answer may come from a machine whose clock is wrong, or from a
 * cache that does not say so: a new difference is believed when three answers in a row agree.
 */
export function learnClock(clock: ZendeskClock, reading: ClockReading): ZendeskClock {
  const bounds = readBounds(reading);
  if (bounds === undefined) return clock;
  const { agreedMs, doubt } = clock;
  if (agreedMs !== undefined && allows(bounds, agreedMs)) return { agreedMs, doubt: undefined };
  const skewMs = doubt !== undefined && allows(bounds, doubt.skewMs) ? doubt.skewMs : judge(bounds);
  const answers = doubt?.skewMs === skewMs ? doubt.answers + 1 : 1;
  return answers < answersNeeded
    ? { agreedMs, doubt: { skewMs, answers } }
    : { agreedMs: skewMs, doubt: undefined };
}

type Bounds = { readonly lowestMs: number; readonly highestMs: number };

function readBounds({ sentAtMs, receivedAtMs, date, age }: ClockReading): Bounds | undefined {
  const ageMs = readAgeMs(age);
  const serverMs = Date.parse(date ?? '') + ageMs;
  if (Number.isNaN(serverMs)) return undefined;
  const resolutionMs = ageMs === 0 ? headerResolutionMs : 2 * headerResolutionMs;
  return { lowestMs: serverMs - receivedAtMs, highestMs: serverMs + resolutionMs - sentAtMs };
}

/** Whether a difference is possible for this answer; a few seconds do not count as a difference. */
function allows({ lowestMs, highestMs }: Bounds, skewMs: number): boolean {
  const slackMs = skewMs === 0 ? toleratedMs : headerResolutionMs;
  return lowestMs <= skewMs + slackMs && highestMs >= skewMs - slackMs;
}

function judge(bounds: Bounds): number {
  if (allows(bounds, 0)) return 0;
  return Math.round((bounds.lowestMs + bounds.highestMs - headerResolutionMs) / 2);
}
