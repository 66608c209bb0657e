import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createScheduler } from '../../src/scheduler.ts';

const secondMs = 1000;
const hourMs = 3_600_000;
const moment = (time: string): number => Date.parse(`2026-11-19T${time}Z`);

/** An hourly schedule ten seconds before its tick, with a system clock that can be set and a monotonic one. */
function startHourly(test: TestContext): {
  setWall: (time: string) => void;
  pass: (ms: number) => void;
  overdue: () => readonly string[];
  ticked: Promise<void>;
} {
  test.mock.timers.enable({ apis: ['Date'], now: moment('12:59:50') });
  let steadyMs = 5;
  const { promise, resolve } = Promise.withResolvers<void>();
  const scheduler = createScheduler(() => steadyMs);
  test.after(scheduler.start('acme audit_logs', '0 * * * *', resolve));
  return {
    setWall: (time) => test.mock.timers.setTime(moment(time)),
    pass: (ms) => void (steadyMs += ms),
    overdue: () => scheduler.listOverdue(),
    ticked: promise,
  };
}

describe('a schedule', () => {
  it('ticks at its time', async (test) => {
    const { setWall, pass, ticked } = startHourly(test);
    setWall('13:00:00');
    pass(10 * secondMs);
    await ticked;
  });

  it('ticks when its time has passed although the clock was set back by an hour', async (test) => {
    const { setWall, pass, ticked } = startHourly(test);
    setWall('12:00:03');
    pass(13 * secondMs);
    await ticked;
  });

  it('ticks at once when the clock is set forward past its time', async (test) => {
    const { setWall, ticked } = startHourly(test);
    setWall('14:30:00');
    await ticked;
  });

  it('is overdue a minute after its time by the monotonic clock, until it ticks', async (test) => {
    const { pass, overdue, ticked } = startHourly(test);
    assert.deepEqual(overdue(), []);
    pass(70 * secondMs);
    assert.deepEqual(overdue(), []);
    pass(hourMs);
    assert.deepEqual(overdue(), ['acme audit_logs']);
    await ticked;
    assert.deepEqual(overdue(), []);
  });
});
