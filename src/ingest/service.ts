/** The work on the accounts: everything once, or following them on their schedules. */
import type { Log } from '../logger.ts';
import type { Scheduler } from '../scheduler.ts';
import { keepRollups } from './rollup-schedule.ts';
import type { RunResult } from './run.ts';
import type { Session } from './session.ts';
import type { StreamWorker } from './worker.ts';

/** The result of one complete pass for a stream. */
export type StreamPass = {
  readonly stream: string;
  /** True only if everything that was wanted and available is now stored. */
  readonly complete: boolean;
  readonly runs: readonly RunResult[];
};

/** How long a pass waits for another process to release a stream: longer than a dead process keeps its lease. */
export const leasePatienceMs = 60_000;

/**
 * Does everything once: follows each stream to the present and fills its gaps. The logs are pulled in parallel; people come
 * last, because the logs say whom to look up. A failed stream does not stop the others.
 */
export async function runPass(
  workers: readonly StreamWorker[],
  signal: AbortSignal,
): Promise<StreamPass[]> {
  const passes = new Map<StreamWorker, StreamPass>();
  const pass = async (worker: StreamWorker): Promise<void> => {
    passes.set(worker, await passStream(worker, signal));
  };
  await Promise.all(workers.filter(({ stream }) => stream.kind === 'log').map(pass));
  for (const worker of workers.filter(({ stream }) => stream.kind === 'listing'))
    await pass(worker);
  return workers.flatMap((worker) => passes.get(worker) ?? []);
}

/** How often a pass is repeated if the database has lost its rows again. */
const repetitionsAllowed = 3;

/**
 * Repeats a pass while the database lacks what it stored: the other accounts may have taken hours after it, and the database
 * may have gone back to an earlier state meanwhile. A pass without proof at the end is not complete.
 */
export async function confirmPass(
  workers: readonly StreamWorker[],
  passes: readonly StreamPass[],
  signal: AbortSignal,
): Promise<readonly StreamPass[]> {
  let confirmed = passes;
  for (let repetitions = 0; !signal.aborted; repetitions += 1) {
    const answers = await Promise.all(workers.map((worker) => worker.isBorneOut()));
    if (answers.every(Boolean)) break;
    if (repetitions === repetitionsAllowed)
      return confirmed.map((pass) => ({ ...pass, complete: false }));
    confirmed = await runPass(workers, signal);
  }
  return confirmed;
}

async function passStream(worker: StreamWorker, signal: AbortSignal): Promise<StreamPass> {
  const runs = [await worker.follow(signal, leasePatienceMs)];
  // A failure in following, such as an unreadable record, does not stop the filling of gaps: old rows expire at the source.
  if (runs.every(mayFillAfter)) {
    const filled = await worker.fill(signal, leasePatienceMs);
    if (filled !== undefined) runs.push(filled);
  }
  return {
    stream: worker.stream.name,
    complete: runs.every(({ outcome }) => outcome === 'complete'),
    runs,
  };
}

/** Whether gaps are filled after following has ended like this; a refusal would only be repeated. */
function mayFillAfter({ outcome, code }: RunResult): boolean {
  return outcome === 'complete' || (outcome === 'failed' && code !== 'refusal_unconfirmed');
}

/** An account that is followed: when each of its streams is pulled, as cron expressions by the stream's name, UTC. */
type FollowedAccount = {
  readonly session: Session;
  readonly schedules: Readonly<Record<string, string>>;
};

/**
 * Follows all accounts on their schedules, and keeps their rollups up to date, until the signal; then waits for running
 * work.
 */
export async function followAccounts(
  accounts: readonly FollowedAccount[],
  scheduler: Scheduler,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const endRollups = keepRollups(
    accounts.map(({ session }) => session),
    scheduler,
    signal,
  );
  const endWatch = watchSchedules(scheduler, log);
  await Promise.all(accounts.map((followed) => followAccount(followed, scheduler, log, signal)));
  endWatch();
  await endRollups();
  for (const { session } of accounts) log.info({ account: session.engine.account }, 'stopped');
}

async function followAccount(
  { session: { engine, workers }, schedules }: FollowedAccount,
  scheduler: Scheduler,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { account } = engine;
  log.info({ account, streams: workers.map(({ stream }) => stream.name), schedules }, 'started');
  const own = log.child({ account });
  // A backfill brings people who are not known yet; they are looked up when it is done, not an hour later.
  const afterFill = (): void => {
    for (const { worker, routine } of routines)
      if (worker.stream.kind === 'listing') routine.tick();
  };
  const routines = workers.map((worker) => ({
    worker,
    routine: createRoutine(worker, own, signal, afterFill),
  }));
  const ends = routines.map(({ worker, routine }) => {
    const { name, schedule } = worker.stream;
    return scheduler.start(`${account} ${name}`, schedules[name] ?? schedule.cron, () =>
      routine.tick(),
    );
  });
  for (const { routine } of routines) routine.tick();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const end of ends) end();
  for (const { routine } of routines) await routine.settle();
}

const watchSchedulesMs = 15_000;

/** Logs when a schedule no longer ticks; `/livez` reports it too. The returned function ends this. */
function watchSchedules(scheduler: Scheduler, log: Log): () => void {
  let known = '';
  const timer = setInterval(() => {
    const schedules = scheduler.listOverdue();
    const found = schedules.join();
    if (found !== known && found !== '') log.error({ schedules }, 'schedules are overdue');
    known = found;
  }, watchSchedulesMs).unref();
  return () => clearInterval(timer);
}

/** One stream of the running service. */
type Routine = {
  /**
   * Follows the stream now, then fills its gaps in parallel with the next ticks. Does nothing while the last tick is still
   * running.
   */
  tick(): void;
  /** Ends the watch for abandoned work; resolves when no work on the stream is running. */
  settle(): Promise<void>;
};

/** A stream that Zendesk refuses is tried again after this time. */
const lookAgainMs = 3_600_000;

/** How often an idle routine checks whether another process has abandoned work. */
const watchMs = 3000;

/**
 * What the service does with one stream at each tick. Following never waits for filling, so the newest rows are fresh even
 * during a long backfill; streams do not affect each other. Between the ticks it takes over work that another process has
 * left unfinished, because the next tick may be an hour away.
 *
 * @param afterFill called after new rows were stored in old spans: they may bring people who are not known yet
 */
export function createRoutine(
  worker: StreamWorker,
  log: Log,
  signal: AbortSignal,
  afterFill: () => void = () => {},
): Routine {
  let following: Promise<void> | undefined;
  let filling: Promise<void> | undefined;
  /** By the monotonic clock. */
  let restUntilMs = 0;
  let looking: Promise<void> | undefined;
  const watch = setInterval(() => {
    if (following === undefined && filling === undefined && !signal.aborted)
      looking ??= takeOver().finally(() => (looking = undefined));
  }, watchMs).unref();

  async function takeOver(): Promise<void> {
    // An error here also makes the next tick fail, and is reported there.
    if (await worker.isAbandoned().catch(() => false)) tick();
  }

  function tick(): void {
    if (following !== undefined || signal.aborted || performance.now() < restUntilMs) return;
    following = follow().finally(() => (following = undefined));
  }

  async function follow(): Promise<void> {
    const result = await worker.follow(signal);
    noteOutcome(result);
    // Old rows expire at the source: a failure in following, such as an unreadable record, must not keep them waiting.
    if (mayFillAfter(result) && !signal.aborted)
      filling ??= fill().finally(() => (filling = undefined));
  }

  async function fill(): Promise<void> {
    const result = await worker.fill(signal);
    if (result === undefined) return;
    noteOutcome(result);
    if (result.counts.new > 0) afterFill();
  }

  function noteOutcome({ outcome, error, stream }: RunResult): void {
    restUntilMs = outcome === 'unavailable' ? performance.now() + lookAgainMs : 0;
    if (outcome === 'busy') log.debug({ stream }, error ?? 'busy');
  }

  return {
    tick,
    async settle() {
      clearInterval(watch);
      await looking;
      await following;
      await filling;
    },
  };
}
