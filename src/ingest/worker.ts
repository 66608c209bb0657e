/** One stream of one account, with the things that can be done for it. */
import type { Queryable } from '../database/client.ts';
import { codeOf, explainError } from '../errors.ts';
import type { Span } from '../span.ts';
import type { LogStream, Stream } from '../streams/stream.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import type { RunCounts, Task } from './events.ts';
import { fillLog, hasWork } from './fill.ts';
import { followLog } from './follow.ts';
import type { Lease } from './lease.ts';
import { createLeaseKeeper, isBusy, type Busy } from './lease-keeper.ts';
import { listPeople } from './people.ts';
import type { Pull } from './pull.ts';
import {
  createTally,
  stoppedSentence,
  loadLastOutcome,
  recordRun,
  type RunResult,
  type Tally,
} from './run.ts';

/**
 * What can be done for a stream. Each returns facts and records its run; none rejects: an error is logged where it ends, and
 * the result tells of it. `waitMs` says how long to wait for another process to give the lease back; default 0.
 */
export type StreamWorker = {
  readonly stream: Stream;
  /** Brings the stream to the present: the newest of a log, or the list of people. */
  follow(signal: AbortSignal, waitMs?: number): Promise<RunResult>;
  /** Fills gaps and reads again what is due. Undefined when there was nothing to do. */
  fill(signal: AbortSignal, waitMs?: number): Promise<RunResult | undefined>;
  /** Whether another process has left work on the stream unfinished, and nobody is at it. Rejects when the database is away. */
  isAbandoned(): Promise<boolean>;
};

/** The worker of a log. */
export type LogWorker = StreamWorker & {
  /** Reads a span whatever the coverage says. */
  read(span: Span, signal: AbortSignal, waitMs?: number): Promise<RunResult>;
};

const nothing: RunCounts = { requests: 0, new: 0, changed: 0, late: 0 };

/** What a run does with its lease; `signal` is aborted when that is lost. */
type Work = (lease: Lease, tally: Tally, signal: AbortSignal) => Promise<void>;

/** Creates the worker of a stream. */
export function createStreamWorker(engine: Engine, stream: LogStream): LogWorker;
export function createStreamWorker(engine: Engine, stream: Stream): StreamWorker;
export function createStreamWorker(engine: Engine, stream: Stream): StreamWorker {
  const { name } = stream;
  const key: StreamKey = { account: engine.account, stream: name };
  const keeper = createLeaseKeeper(engine, name);
  const isAbandoned = (): Promise<boolean> => engine.abandonedWork.includes(key);

  const observe = <Answer extends RunResult | undefined>(
    task: Task,
    signal: AbortSignal,
    act: () => Promise<Answer | Busy>,
  ): Promise<Answer | RunResult> => observeRun(engine, name, task, signal, act);

  async function run(
    task: Task,
    signal: AbortSignal,
    waitMs: number,
    work: Work,
  ): Promise<RunResult> {
    return observe(task, signal, () =>
      keeper.use(
        async (lease, held) => {
          await registerStream(engine.db, engine.account, stream);
          return recordRun(engine, name, task, held, (tally) => work(lease, tally, held));
        },
        signal,
        waitMs,
      ),
    );
  }

  if (stream.kind === 'listing')
    return {
      stream,
      follow: (signal, waitMs = 0) =>
        run('listing', signal, waitMs, (lease, tally, held) =>
          listPeople(engine, stream, lease, tally, held),
        ),
      fill: async () => undefined,
      isAbandoned,
    };

  const pullOf = (lease: Lease, tally: Tally, signal: AbortSignal): Pull => ({
    engine,
    stream,
    lease,
    tally,
    signal,
  });
  const worker: LogWorker = {
    stream,
    follow: (signal, waitMs = 0) =>
      run('live', signal, waitMs, (...held) => followLog(pullOf(...held))),
    fill: (signal, waitMs = 0) =>
      observe('backfill', signal, () =>
        keeper.use(
          async (lease, held) => {
            const last = await loadLastOutcome(engine.db, key, 'backfill');
            // A failed run is answered by another one, so that the status shows that its work is done after all. What
            // keeps the question from being answered keeps the work from being done, and is recorded with it.
            const due =
              (last !== undefined && last !== 'complete') ||
              (await hasWork(pullOf(lease, createTally(), held)).catch(() => true));
            if (!due) return undefined;
            return recordRun(engine, name, 'backfill', held, (tally) =>
              fillLog(pullOf(lease, tally, held), 'gaps'),
            );
          },
          signal,
          waitMs,
        ),
      ),
    read: (span, signal, waitMs = 0) =>
      run('backfill', signal, waitMs, (...held) => fillLog(pullOf(...held), span)),
    isAbandoned,
  };
  return worker;
}

/** Reports how a run ended, also one that could not even be recorded, or begun because somebody else is at it. */
async function observeRun<Answer extends RunResult | undefined>(
  engine: Engine,
  stream: string,
  task: Task,
  signal: AbortSignal,
  act: () => Promise<Answer | Busy>,
): Promise<Answer | RunResult> {
  const report = (
    { outcome, code, error }: Pick<RunResult, 'outcome' | 'code' | 'error'>,
    counts: RunCounts | undefined,
  ): void => engine.report({ type: 'run', stream, task, outcome, counts, code, error });
  try {
    const answer = await act();
    const result = isBusy(answer) ? describeBusy(stream, task, answer.holder) : answer;
    if (result !== undefined) report(result, result.counts);
    return result;
  } catch (error) {
    const end = signal.aborted
      ? ({ outcome: 'interrupted', code: 'stopped', error: stoppedSentence } as const)
      : ({ outcome: 'failed', code: codeOf(error), error: explainError(error) } as const);
    if (!signal.aborted)
      engine.log.error({ account: engine.account, stream, task, err: error }, end.error);
    report(end, undefined);
    return { stream, task, counts: nothing, ...end };
  }
}

function describeBusy(stream: string, task: Task, holder: string): RunResult {
  return {
    stream,
    task,
    outcome: 'busy',
    counts: nothing,
    code: 'lease_busy',
    error: `Another process (${holder}) is pulling ${stream}; nothing was done here. Try again when it has finished, or stop it.`,
  };
}

/** Makes a stream known to the ledger and its status view, as it is described in this program. */
export async function registerStream(
  db: Queryable,
  account: string,
  stream: Stream,
): Promise<void> {
  const retentionDays = stream.kind === 'log' ? (stream.retentionDays ?? null) : null;
  await db.query(
    `insert into zendesk_sync.streams as s (account, stream, kind, retention_days) values ($1, $2, $3, $4)
     on conflict (account, stream) do update set kind = excluded.kind, retention_days = excluded.retention_days
     where (s.kind, s.retention_days) is distinct from (excluded.kind, excluded.retention_days)`,
    [account, stream.name, stream.kind, retentionDays],
  );
}
