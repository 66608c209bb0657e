/** Tasks at set times, as long as the service runs: one after the other, because each may load the database heavily. */
import { longLimitMs, openDatabase, type Database } from '../../database/client.ts';
import { explainError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import { listTimes, type Scheduler, type Times } from '../../scheduler.ts';

/** What is done at the times of a schedule. */
export type TimedTask = {
  /** What the schedule is called. */
  readonly name: string;
  /** A cron expression of five fields. */
  readonly expression: string;
  /** Default: UTC. */
  readonly timeZone: string | undefined;
  /** The missed time for which it must still be done; undefined for none. */
  findMissed(db: Database, times: Times): Promise<Date | undefined>;
  /** Does it for a time. @returns false while another process does it */
  perform(db: Database, due: Date, times: Times): Promise<boolean>;
};

/** What the tasks need from the service. */
export type TaskKeeping = {
  /** Address of the database; secret. */
  readonly url: string;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** One for the rows, one for other queries. */
const connections = 2;
/** How often to check whether another process has left a task undone. */
const watchMs = 5000;

/**
 * Does the tasks at their times, and at once those whose last time passed while no process ran. The returned function waits
 * for running work after the signal.
 */
export function keepTasks(
  tasks: readonly TimedTask[],
  { url, scheduler, log, signal }: TaskKeeping,
): () => Promise<void> {
  if (tasks.length === 0) return async () => {};
  const db = openDatabase({ url, connections, signal, queryTimeoutMs: longLimitMs });
  const list = createList(db, tasks, log, signal);
  let running: Promise<void> | undefined;
  const wake = (): void => {
    if (!signal.aborted) running ??= list.work().finally(() => (running = undefined));
  };
  const ends = list.entries.map(({ task: { name, expression, timeZone }, add }) =>
    scheduler.start(
      name,
      expression,
      () => {
        add();
        wake();
      },
      timeZone,
    ),
  );
  const watch = setInterval(() => {
    if (list.isOpen()) wake();
  }, watchMs).unref();
  wake();
  return async () => {
    for (const end of ends) end();
    clearInterval(watch);
    await running;
    await db.close();
  };
}

/** The tasks, and the work on those whose time has come. */
type TaskList = {
  /** The tasks; `add` queues one whose time has come. */
  readonly entries: readonly { readonly task: TimedTask; readonly add: () => void }[];
  /** Whether something must still be done or checked. */
  isOpen(): boolean;
  work(): Promise<void>;
};

function createList(
  db: Database,
  tasks: readonly TimedTask[],
  log: Log,
  signal: AbortSignal,
): TaskList {
  const timed = tasks.map((task) => ({
    task,
    times: listTimes(task.expression, task.timeZone ?? 'UTC'),
  }));
  const pending = new Map<(typeof timed)[number], Date>();
  const unknown = new Set(timed);
  let told = '';

  async function workThrough(): Promise<void> {
    for (const each of unknown) {
      if (signal.aborted) return;
      const due = await each.task.findMissed(db, each.times);
      if (due !== undefined && !pending.has(each)) pending.set(each, due);
      unknown.delete(each);
    }
    for (const [each, due] of pending) {
      if (signal.aborted) return;
      const isDone = await each.task.perform(db, due, each.times);
      if (isDone && pending.get(each) === due) pending.delete(each);
    }
  }

  return {
    entries: timed.map((each) => ({
      task: each.task,
      add() {
        const now = new Date();
        pending.set(each, each.times.last(now) ?? now);
      },
    })),
    isOpen: () => pending.size > 0 || unknown.size > 0,
    async work() {
      try {
        await workThrough();
        told = '';
      } catch (error) {
        // The database is unavailable: this is logged once, and tried again.
        const sentence = explainError(error);
        if (!signal.aborted && sentence !== told) log.error({ err: error }, sentence);
        told = sentence;
      }
    },
  };
}
