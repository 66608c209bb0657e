/** The trusted clock: the local one, unless Zendesk's `Date` header proves it wrong (contract Q25). */

const toleratedMs = 5_000;
/** A `Date` header is cut to whole seconds. */
const headerResolutionMs = 999;

/** One answer: local times around it in epoch milliseconds, and its `Date` header. */
type ClockReading = {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly date: string | undefined;
};

/**
 * What to add to the local clock after one more answer. The header was written at an unknown moment between sending and
 * receiving, so an answer bounds the difference and a slow one proves little: the clock is corrected only when even the
 * nearer bound is beyond 5 s, and a known correction stays while it is within the bounds.
 */
export function updateSkew(skewMs: number, reading: ClockReading): number {
  const serverMs = Date.parse(reading.date ?? '');
  if (Number.isNaN(serverMs)) return skewMs;
  const lowestMs = serverMs - reading.receivedAtMs;
  const highestMs = serverMs + headerResolutionMs - reading.sentAtMs;
  if (skewMs !== 0 && lowestMs <= skewMs && skewMs <= highestMs) return skewMs;
  if (lowestMs <= toleratedMs && highestMs >= -toleratedMs) return 0;
  return Math.round(serverMs - (reading.sentAtMs + reading.receivedAtMs) / 2);
}

export type Clock = {
  /** Learns from one answer. */
  observe(reading: ClockReading): void;
  now(): Date;
  skewMs(): number;
};

/** `onChange` is called when the local clock turns out wrong, or right again (0). */
export function createClock(localNow: () => number, onChange: (skewMs: number) => void): Clock {
  let skewMs = 0;
  return {
    observe(reading) {
      const before = skewMs;
      skewMs = updateSkew(skewMs, reading);
      if ((before === 0) !== (skewMs === 0)) onChange(skewMs);
    },
    now: () => new Date(localNow() + skewMs),
    skewMs: () => skewMs,
  };
}
