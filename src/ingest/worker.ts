/** One stream of one account, with the tasks for it. */
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import { codeOf, explainError, isRepeated } from '../errors.ts';
import type { Span } from '../span.ts';
import type { LogStream, Stream } from '../streams/stream.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import type { RunCounts, Task } from './events.ts';
import { fillLog, hasWork } from './fill.ts';
import type { Goal } from './fill-state.ts';
import { followLog } from './follow.ts';
import type { Lease } from './lease.ts';
import { createLeaseKeeper, isBusy } from './lease-keeper.ts';
import { settleLosses } from './losses.ts';
import { listPeople } from './people.ts';
import type { Pull } from './pull.ts';
import { createMemory } from './rows/returns.ts';
import { createUpgradeRetry } from './quarantine-retry.ts';
import {
  createTally,
  loadLastOutcome,
  recordRun,
  type RunResult,
  stoppedSentence,
  type Tally,
} from './run.ts';
import { areRecorded } from './run-record.ts';
import { createTurns } from './turns.ts';

/**
 * The tasks for a stream. Each returns facts and records its run; none rejects: an error is logged where it is caught, and
 * the result contains it. `waitMs` says how long to wait for another process to release the lease; default 0.
 */
export type StreamWorker = {
  readonly stream: Stream;
  /** Brings the stream to the present: the newest of a log, or the list of people. */
  follow(signal: AbortSignal, waitMs?: number): Promise<RunResult>;
  /** Fills gaps and reads again what is due. Undefined if there was nothing to do. */
  fill(signal: AbortSignal, waitMs?: number): Promise<RunResult | undefined>;
  /** Whether another process left work on the stream that no process does. Rejects if the database is unavailable. */
  isAbandoned(): Promise<boolean>;
  /** Whether the database still has what the newest complete runs stored; if not, they are forgotten. Rejects without it. */
  isBorneOut(): Promise<boolean>;
};

/** The worker of a log. */
export type LogWorker = StreamWorker & {
  readonly stream: LogStream;
  /** Reads a span, even if it is covered. */
  read(span: Span, signal: AbortSignal, waitMs?: number): Promise<RunResult>;
};

/**
 * How often in a row work is planned again after the database went back to an earlier state. If it happens more often,
 * something is wrong, such as an address that leads to two servers in turn.
 */
const changesAllowed = 3;

const nothing: RunCounts = { requests: 0, new: 0, changed: 0, late: 0 };

/** Creates the worker of a stream. */
export function createStreamWorker(engine: Engine, stream: LogStream): LogWorker;
export function createStreamWorker(engine: Engine, stream: Stream): StreamWorker;
export function createStreamWorker(engine: Engine, stream: Stream): StreamWorker {
  const work = createWork(engine, stream);
  if (stream.kind === 'log') return createLogWorker(engine, stream, work);
  const retry = createUpgradeRetry(engine, stream);
  return {
    stream,
    follow: (signal, waitMs = 0) =>
      work.run('listing', signal, waitMs, async (lease, tally, held) => {
        await retry(lease, held);
        await listPeople(engine, stream, lease, tally, held);
      }),
    fill: async () => undefined,
    isAbandoned: work.isAbandoned,
    isBorneOut: work.isBorneOut,
  };
}

function createLogWorker(engine: Engine, stream: LogStream, work: Work): LogWorker {
  const key = { account: engine.account, stream: stream.name };
  const pullOf = (lease: Lease, tally: Tally, signal: AbortSignal): Pull => {
    const memory = createMemory(stream.table.time);
    return { engine, stream, lease, tally, ...memory, signal };
  };

  async function fillIfDue(lease: Lease, signal: AbortSignal): Promise<RunResult | undefined> {
    const pull = pullOf(lease, createTally(), signal);
    const last = await loadLastOutcome(engine.db, key, 'backfill');
    // After a failed run there is another one, so that the status shows that its work is done after all. An error here also
    // makes the work fail, and is recorded with it.
    const due =
      (last !== undefined && last !== 'complete') ||
      (await settleLosses(pull)
        .then(() => hasWork(pull))
        .catch(() => true));
    if (!due) return undefined;
    await registerStream(engine.db, engine.account, stream);
    return recordRun(engine, stream.name, 'backfill', signal, (tally) =>
      fillAndSettle(pullOf(lease, tally, signal), 'gaps'),
    );
  }

  const retry = createUpgradeRetry(engine, stream);
  // A fill takes the open fetch of another one for abandoned.
  const inTurn = createTurns();
  return {
    stream,
    follow: (signal, waitMs = 0) =>
      work.run('live', signal, waitMs, async (...held) => {
        const pull = pullOf(...held);
        // Before the work, so that losses are noticed also while Zendesk does not answer.
        await settleLosses(pull);
        await retry(pull.lease, pull.signal);
        await followLog(pull);
        await settleLosses(pull);
      }),
    fill: (signal, waitMs = 0) => inTurn(() => work.hold('backfill', signal, waitMs, fillIfDue)),
    read: (span, signal, waitMs = 0) =>
      inTurn(() =>
        work.run('backfill', signal, waitMs, (...held) => fillAndSettle(pullOf(...held), span)),
      ),
    isAbandoned: work.isAbandoned,
    isBorneOut: work.isBorneOut,
  };
}

async function fillAndSettle(pull: Pull, goal: Goal): Promise<void> {
  await settleLosses(pull);
  await fillLog(pull, goal);
  await settleLosses(pull);
}

/** Work on a stream under its lease; the signal that it gets is aborted when the lease is lost. */
type Work = {
  /** Does something that may fail, and returns how it ended; also if that could not be recorded. */
  hold<Answer extends RunResult | undefined>(
    task: Task,
    signal: AbortSignal,
    waitMs: number,
    act: (lease: Lease, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | RunResult>;
  /** Does something and records it as a run. */
  run(
    task: Task,
    signal: AbortSignal,
    waitMs: number,
    act: (lease: Lease, tally: Tally, signal: AbortSignal) => Promise<void>,
  ): Promise<RunResult>;
  readonly isAbandoned: () => Promise<boolean>;
  readonly isBorneOut: () => Promise<boolean>;
};

function createWork(engine: Engine, stream: Stream): Work {
  const { name } = stream;
  const key: StreamKey = { account: engine.account, stream: name };
  const keeper = createLeaseKeeper(engine, name);
  const report = (end: Omit<RunResult, 'counts'>, counts: RunCounts | undefined): void => {
    const { task, outcome, code, error } = end;
    engine.report({ type: 'run', stream: name, task, outcome, counts, code, error });
  };

  const hold: Work['hold'] = async (task, signal, waitMs, act) => {
    for (let changes = 0; ; changes += 1) {
      const result = await holdOnce(task, signal, waitMs, act);
      if (!isRepeated(result?.code) || changes === changesAllowed || signal.aborted) return result;
      // What is known about existing partitions is forgotten too.
      if (stream.kind === 'log') await engine.ensurePartitions(stream.table, [], true);
    }
  };

  async function isBorneOut(): Promise<boolean> {
    const runs = [...engine.completed].filter(([, run]) => run.stream === name);
    const recorded = await areRecorded(
      engine.db,
      engine.account,
      runs.map(([, run]) => run),
    );
    if (!recorded) for (const [task] of runs) engine.completed.delete(task);
    return recorded;
  }

  const holdOnce: Work['hold'] = async (task, signal, waitMs, act) => {
    try {
      const answer = await keeper.use(act, signal, waitMs);
      const result = isBusy(answer) ? describeBusy(name, task, answer.holder) : answer;
      if (result !== undefined) report(result, result.counts);
      return result;
    } catch (error) {
      const end: Omit<RunResult, 'counts'> = signal.aborted
        ? { stream: name, task, outcome: 'interrupted', code: 'stopped', error: stoppedSentence }
        : {
            stream: name,
            task,
            outcome: 'failed',
            code: codeOf(error),
            error: explainError(error),
          };
      if (!signal.aborted) engine.log.error({ ...key, task, err: error }, end.error);
      report(end, undefined);
      return { ...end, counts: nothing };
    }
  };

  return {
    hold,
    run: (task, signal, waitMs, act) =>
      hold(task, signal, waitMs, async (lease, held) => {
        await registerStream(engine.db, engine.account, stream);
        return recordRun(engine, name, task, held, (tally) => act(lease, tally, held));
      }),
    isAbandoned: () => engine.abandonedWork.includes(key),
    isBorneOut,
  };
}

function describeBusy(stream: string, task: Task, holder: string): RunResult {
  return {
    stream,
    task,
    outcome: 'busy',
    counts: nothing,
    code: 'lease_busy',
    error: `Another process (${holder}) is pulling ${stream}; this process skipped it. Try again when it has finished, or stop it.`,
  };
}

/** Registers a stream, as described in this program, in the ledger and its status view: its row is the lock of its coverage. */
export async function registerStream(
  db: Queryable,
  account: string,
  stream: Stream,
): Promise<void> {
  const log = stream.kind === 'log' ? stream : undefined;
  const { name, time = null, partition = null } = log?.table ?? {};
  const table = name === undefined ? null : nameHere(name);
  const known = 'kind, retention_days, log_table, log_time, log_partition';
  const changed = known.replaceAll(/\w+/g, 'excluded.$&');
  const changes = await db.query<{ isNew: boolean }>(
    `insert into zendesk_sync.streams as s (account, stream, ${known}) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (account, stream) do update set (${known}) = row(${changed})
     where (${known.replaceAll(/\w+/g, 's.$&')}) is distinct from (${changed})
     returning xmax = 0 as "isNew"`,
    [account, stream.name, stream.kind, log?.retentionDays ?? null, table, time, partition],
  );
  if (changes.some(({ isNew }) => isNew))
    await db.query('select zendesk_sync.provide_sources(false)');
}
