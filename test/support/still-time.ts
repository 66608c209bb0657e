import type { SimulatorSettings, Simulator } from '../../src/simulator/simulator.ts';

/** A Thursday afternoon in Europe: people are at work. */
const start = Date.parse('2026-11-19T15:00:00Z');

/** A moment at which the clocks of Zendesk and of the program stand still until time is told to pass. */
export type StillTime = {
  /** Settings for a simulator that begins at that moment. */
  readonly simulator: SimulatorSettings;
  /** The local clock of the program. */
  readonly localNow: () => number;
  /** Whole seconds since 1970. */
  seconds(): number;
  /** Lets time pass for both; with 0 stops the simulator's clock, which runs until then. */
  pass(simulator: Simulator, seconds: number): void;
};

/** Makes a time that stands still. */
export function createStillTime(): StillTime {
  let nowMs = start;
  return {
    simulator: { anchor: new Date(start), clockOffsetMs: start - Date.now(), limits: false },
    localNow: () => nowMs,
    seconds: () => nowMs / 1000,
    pass(simulator, seconds) {
      nowMs += seconds * 1000;
      simulator.freezeClock(nowMs);
    },
  };
}
