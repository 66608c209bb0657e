import type { Database } from '../../src/database/client.ts';
import type { SimulatorSettings, Simulator } from '../../src/simulator/simulator.ts';

/** A Thursday afternoon in Europe: people are at work. */
const start = Date.parse('2026-11-19T15:00:00Z');

/** A moment at which the clocks of Zendesk, of the program and of the database are stopped until the test lets time pass. */
export type StillTime = {
  /** Settings for a simulator that begins at that moment. */
  readonly simulator: SimulatorSettings;
  /** The local clock of the program. */
  readonly localNow: () => number;
  /** Whole seconds since 1970. */
  seconds(): number;
  /** Lets time pass for all three; with 0 it stops the clocks of the simulator and of the database, which run until then. */
  pass(place: { simulator: Simulator; db: Database }, seconds: number): Promise<void>;
};

/** Makes a stopped time. */
export function createStillTime(): StillTime {
  let nowMs = start;
  // One after the other, although a test may not wait for it: two changes of a function at once are an error.
  let freezing = Promise.resolve();
  return {
    simulator: { anchor: new Date(start), clockOffsetMs: start - Date.now(), limits: false },
    localNow: () => nowMs,
    seconds: () => nowMs / 1000,
    pass({ simulator, db }, seconds) {
      const atMs = (nowMs += seconds * 1000);
      simulator.freezeClock(atMs);
      freezing = freezing.then(() => freezeDatabaseClock(db, atMs));
      return freezing;
    },
  };
}

/** Stops the clock of a test's database at a moment, in epoch milliseconds, in the same way as `database.ts`. */
export async function freezeDatabaseClock(db: Database, nowMs: number): Promise<void> {
  for (const [name, kind] of [
    ['now', 'stable'],
    ['statement_timestamp', 'stable'],
    ['clock_timestamp', 'volatile'],
  ])
    await db.query(
      `create or replace function pg_catalog.${name}() returns timestamptz language sql ${kind} parallel safe
       as $$ select timestamptz '${new Date(nowMs).toISOString()}' $$`,
    );
}
