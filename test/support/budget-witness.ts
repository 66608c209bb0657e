import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** Counts how many requests for the access log arrive in a minute. */
export type BudgetWitness = {
  /** The largest number within any 60 seconds. */
  readonly mostInAMinute: () => number;
  /** Fails if there were more in any minute than the limit of a simulated account allows. */
  readonly assertKept: () => void;
};

const minuteMs = 60_000;
/** The program counts a minute as longer by this, for requests that take longer than others to arrive. */
const marginMs = 500;

/**
 * Begins to watch. The simulator sees a request late when its process, that of the test, is busy, so two requests may seem
 * closer to each other than they were: by as much as this process has ever been late.
 */
export function watchBudget(simulator: Simulator): BudgetWitness {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const limit = simulator.options.accessLogsRequestsPerMinute;

  function countMost(withinMs: number): number {
    const times = simulator
      .requests()
      .filter(({ stream }) => stream === 'access_logs')
      .map(({ startedAt }) => startedAt);
    return Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at <= from + withinMs).length),
    );
  }

  return {
    mostInAMinute: () => countMost(minuteMs),
    assertKept() {
      const lateMs = delay.max / 1e6;
      const most = countMost(minuteMs - lateMs);
      assert.ok(most <= limit, `${most} requests in 60 seconds, seen ${lateMs} ms late at most`);
      const refused = simulator.counts().byStatus['429'];
      assert.ok(refused === undefined || lateMs > marginMs, `${refused} answers 429`);
    },
  };
}
