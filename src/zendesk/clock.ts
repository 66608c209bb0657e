/** Zendesk's clock, as the headers `Date` and `Age` of its answers tell it (contract Q25). It decides nothing alone. */

const toleratedMs = 5_000;
/** `Date` and `Age` are cut to whole seconds. */
const headerResolutionMs = 999;
/** So many answers in a row have to agree before what they say is believed. */
const answersNeeded = 3;

/** One answer: local times around it in epoch milliseconds, and its headers `Date` and `Age`. */
type ClockReading = {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly date: string | undefined;
  readonly age: string | undefined;
};

/** What the answers say has to be added to the local clock to have Zendesk's, in milliseconds. */
export type ZendeskClock = {
  /** What several answers in a row have agreed on; undefined before. */
  readonly agreedMs: number | undefined;
  /** What the newest answers say instead, as long as too few of them agree. */
  readonly doubt: { readonly skewMs: number; readonly answers: number } | undefined;
};

/** The clock before the first answer. */
export const unknownClock: ZendeskClock = { agreedMs: undefined, doubt: undefined };

/** What the newest answers say, whether others agree or not; 0 before the first. */
export function newestSkewMs({ agreedMs, doubt }: ZendeskClock): number {
  return doubt?.skewMs ?? agreedMs ?? 0;
}

/** How old a cached answer is, in milliseconds; 0 for one that comes from Zendesk itself. */
export function readAgeMs(age: string | undefined): number {
  return age !== undefined && /^\d{1,9}$/.test(age.trim()) ? Number(age) * 1000 : 0;
}

/**
 * Learns from one more answer. The header was written at an unknown moment between sending and receiving, so an answer
 * bounds the difference, and a slow one proves little. One answer may come from a machine whose clock is wrong, or out of
 * a cache that does not say so: what differs from what is known is believed when three in a row agree in it.
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

/** Whether a difference is one that the answer may have come of; a few seconds are no difference. */
function allows({ lowestMs, highestMs }: Bounds, skewMs: number): boolean {
  const slackMs = skewMs === 0 ? toleratedMs : headerResolutionMs;
  return lowestMs <= skewMs + slackMs && highestMs >= skewMs - slackMs;
}

function judge(bounds: Bounds): number {
  if (allows(bounds, 0)) return 0;
  return Math.round((bounds.lowestMs + bounds.highestMs - headerResolutionMs) / 2);
}
