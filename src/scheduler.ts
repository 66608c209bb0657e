import { createTask, validate } from 'node-cron';

/** Whether a text is a cron expression: five fields, or six with seconds first. */
export function isSchedule(text: string): boolean {
  return validate(text);
}

/** The times of a cron expression of five fields. */
export type Times = {
  /** The first one after now. */
  next(): Date;
  /** The last one that is not after a moment; undefined if there is none in the 32 days before it. */
  last(moment: Date): Date | undefined;
};

const minuteMs = 60_000;
const lookBackMinutes = 32 * 24 * 60;

/** The times of a cron expression of five fields in a time zone. */
export function listTimes(expression: string, timeZone: string): Times {
  const task = createTask(expression, () => {}, { timezone: timeZone });
  return {
    next() {
      const [next] = task.getNextRuns(1);
      if (next === undefined) throw new Error(`The schedule ${expression} has no next time.`);
      return next;
    },
    last(moment) {
      const newest = Math.floor(moment.getTime() / minuteMs);
      for (let minute = newest; minute > newest - lookBackMinutes; minute -= 1) {
        const time = new Date(minute * minuteMs);
        if (task.match(time)) return time;
      }
      return undefined;
    },
  };
}

/** The schedules of one process. */
export type Scheduler = {
  /**
   * Calls `tick` at each time of the cron expression, in UTC or another time zone. If a tick takes longer than the schedule,
   * `tick` is called anyway; the caller must handle this. The returned function ends it.
   */
  start(name: string, expression: string, tick: () => void, timeZone?: string): () => void;
  /** The names of schedules whose tick is more than a minute overdue. */
  listOverdue(): readonly string[];
};

/** The next tick, by the system clock and by the monotonic clock. */
type Due = { readonly wallMs: number; readonly steadyMs: number };

/** How often the clocks are checked: the system clock may be changed meanwhile. */
const stepMs = 1_000;
/** Clocks drift apart a little; beyond this the system clock was set back, and the schedule does not wait for it. */
const toleranceMs = 2_000;
const overdueMs = 60_000;

/**
 * Creates the schedules of a process. Changing a clock does not stop them: a tick comes at its time, and at the latest after
 * the time that was left until it.
 *
 * @param steadyNow milliseconds of a monotonic clock; default: that of the process
 */
export function createScheduler(steadyNow = (): number => performance.now()): Scheduler {
  const awaited = new Map<symbol, { readonly name: string; readonly due: Due }>();

  function start(name: string, expression: string, tick: () => void, timeZone = 'UTC'): () => void {
    const key = Symbol(name);
    const task = createTask(expression, () => {}, { timezone: timeZone, name });
    let timer: NodeJS.Timeout;

    function plan(): void {
      const nowMs = Date.now();
      const [next] = task.getNextRuns(1);
      if (next === undefined) throw new Error(`The schedule ${expression} has no next time.`);
      const wallMs = next.getTime();
      awaited.set(key, { name, due: { wallMs, steadyMs: steadyNow() + wallMs - nowMs } });
      wait(wallMs);
    }

    function wait(wallMs: number): void {
      timer = setTimeout(look, Math.min(stepMs, Math.max(1, wallMs - Date.now())));
    }

    function look(): void {
      const due = awaited.get(key)?.due;
      if (due === undefined) return;
      if (Date.now() < due.wallMs && steadyNow() < due.steadyMs + toleranceMs) {
        wait(due.wallMs);
        return;
      }
      plan();
      tick();
    }

    plan();
    return () => {
      clearTimeout(timer);
      awaited.delete(key);
      void task.destroy();
    };
  }

  return {
    start,
    listOverdue() {
      const nowMs = steadyNow();
      return [...awaited.values()]
        .filter(({ due }) => nowMs - due.steadyMs > overdueMs)
        .map(({ name }) => name);
    },
  };
}
