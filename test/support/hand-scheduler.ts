import type { Scheduler } from '../../src/scheduler.ts';

/** A scheduler whose times come when a test says so. */
export type HandScheduler = Scheduler & {
  /** The names and expressions of all schedules that were started. */
  readonly started: readonly string[];
  /** The names of those that have not ended. */
  readonly running: () => readonly string[];
  /** The time of a schedule has come; nothing if it has ended. */
  readonly tick: (name: string) => void;
  /** The schedules that are said to be overdue. */
  overdue: readonly string[];
};

/** Creates one. */
export function createHandScheduler(): HandScheduler {
  const started: string[] = [];
  const ticks = new Map<string, () => void>();
  const scheduler: HandScheduler = {
    started,
    overdue: [],
    running: () => [...ticks.keys()],
    tick: (name) => ticks.get(name)?.(),
    start(name, expression, tick) {
      started.push(`${name} ${expression}`);
      ticks.set(name, tick);
      return () => void ticks.delete(name);
    },
    listOverdue: () => scheduler.overdue,
  };
  return scheduler;
}
