/**
 * The clock of a test run. `scripts/test.ts` loads this file before everything else in each process of a run, including
 * those that tests start: it moves `Date` by the milliseconds in `TEST_CLOCK_OFFSET_MS`, so that no test reads today's date.
 * Time continues from there. `test/support/database.ts` moves the clock of the test databases by the same offset. Timers,
 * the times of files and the certificates of TLS stay with the machine.
 */

import { performance } from 'node:perf_hooks';

/** When a run begins by default: a Thursday afternoon in Europe, when people are at work. */
export const usualStart = new Date('2026-11-19T15:00:00Z');

const MachineDate = Date;
const machineOrigin = performance.timeOrigin;
/** The machine's clock, in epoch milliseconds. */
export const readMachineClock = Date.now;

const offsetName = 'TEST_CLOCK_OFFSET_MS';

/** How far the clock of this process is ahead of the machine's. */
export function clockOffsetMs(): number {
  return Number(process.env[offsetName] ?? 0);
}

/** Makes every process that is started from now on begin at a moment: test files, programs, test databases. */
export function setClockOfChildren(start: Date): void {
  process.env[offsetName] = String(start.getTime() - readMachineClock());
  const options = process.env['NODE_OPTIONS'] ?? '';
  if (!options.includes(import.meta.url))
    process.env['NODE_OPTIONS'] = `${options} --import=${import.meta.url}`.trim();
}

/** What a process needs in its environment to have the clock of the run, if it does not inherit everything. */
export function clockEnvironment(): Record<string, string> {
  const names = [offsetName, 'NODE_OPTIONS', 'TZ'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * Gives this process, and the programs and databases that it starts from now on, the clock of the machine: for a test file
 * that compares its clock with one that the run cannot move, such as the times of files, Postgres's own statistics, and a
 * database that the program makes itself. Its results must not depend on the date.
 */
export function returnToMachineClock(): void {
  delete process.env[offsetName];
  moveClock(0);
}

/** Sets `Date` in this process so much ahead of the machine's clock from now on. */
export function moveClock(offsetMs: number): void {
  const now = (): number => readMachineClock() + offsetMs;
  MachineDate.now = offsetMs === 0 ? readMachineClock : now;
  Object.defineProperty(performance, 'timeOrigin', {
    value: machineOrigin + offsetMs,
    configurable: true,
  });
  // The same prototype: dates that Node.js itself makes are equal to those that programs make.
  globalThis.Date =
    offsetMs === 0
      ? MachineDate
      : new Proxy(MachineDate, {
          construct: (target, args, made) =>
            Reflect.construct(target, args.length === 0 ? [now()] : args, made) as Date,
          apply: (target) => new target(now()).toString(),
        });
}

moveClock(clockOffsetMs());
