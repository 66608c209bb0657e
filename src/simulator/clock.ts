/** The simulator's clock: the machine's clock, shifted. The `Date` header and the visibility of records follow it. */
export type ShiftedClock = {
  /** Milliseconds since 1970, shifted. */
  readonly now: () => number;
  /** How far the clock is ahead of the machine's (negative: behind), in ms. */
  readonly setOffsetMs: (offsetMs: number) => void;
  /** Stops the clock at that instant, ms since 1970, until the offset is set again. */
  readonly freeze: (atMs: number) => void;
};

/** Makes a clock that runs `offsetMs` ahead of the machine's. */
export function createShiftedClock(offsetMs: number): ShiftedClock {
  let offset = offsetMs;
  let frozenAt: number | undefined;
  return {
    now: () => frozenAt ?? Date.now() + offset,
    setOffsetMs(next) {
      offset = next;
      frozenAt = undefined;
    },
    freeze(atMs) {
      frozenAt = atMs;
    },
  };
}

/** ISO 8601 in UTC with whole seconds and a trailing `Z`, as in every recorded sample (contract 0.6). */
export function formatSecond(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}

/** Reads `YYYY-MM-DDTHH:MM:SSZ` (contract 1.1 and 4.1) as seconds since 1970; undefined for anything else. */
export function parseSecond(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}
