import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** Sees how many requests for the access log come in a minute. */
export type BudgetWitness = {
  /** The most that came within 60 seconds, wherever these begin. */
  readonly mostInAMinute: () => number;
  /** Fails if more came in any minute than the limit of a simulated account allows. */
  readonly assertKept: () => void;
};

const minuteMs = 60_000;
/** The program lets a minute be longer by this, for requests that are on their way for longer than others. */
const marginMs = 500;

/**
 * Begins to watch. The simulator sees a request late when its process, that of the test, is kept from its work, so two of
 * them may seem closer to each other than they were: by as much as this process has ever been late.
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
