import { codeOf, explainError } from '../errors.ts';
import type { StreamKey } from '../database/coverage.ts';
import type { Lease } from '../database/leases.ts';
import { loadLastOutcome, type RunCounts, type Task } from '../database/runs.ts';
import { registerStream } from '../database/streams.ts';
import type { Span } from '../span.ts';
import { auditLogs } from '../streams/audit-logs.ts';
import type { LogStream } from '../streams/log-stream.ts';
import type { StreamName } from '../streams/names.ts';
import type { Engine } from './engine.ts';
import { fillLog, hasWork } from './backfill.ts';
import { createLeaseKeeper, isBusy, type Busy } from './lease-keeper.ts';
import { listPeople } from './people.ts';
import { followLog } from './live.ts';
import type { Pull } from './pull.ts';
import { createTally, recordRun, type RunResult, type Tally } from './run.ts';

/**
 * One stream of one account, with the things that can be done for it. Each returns facts and records its run; none
 * throws. `waitMs` says how long to wait for another process to give the lease back.
 */
export type StreamWorker = {
  readonly name: StreamName;
  /** Brings the stream to the present: the newest of a log, or the list of people. */
  follow(signal: AbortSignal, waitMs?: number): Promise<RunResult>;
  /** Fills gaps and reads again what is due. Undefined when there was nothing to do. */
  fill(signal: AbortSignal, waitMs?: number): Promise<RunResult | undefined>;
  /** Reads a span whatever the coverage says. Only for logs. */
  read(span: Span, signal: AbortSignal, waitMs?: number): Promise<RunResult>;
  /** Whether another process has left work on the stream unfinished, and nobody is at it. */
  isAbandoned(): Promise<boolean>;
};

/** Creates the worker of a stream. */
export function createStreamWorker(engine: Engine, name: StreamName): StreamWorker {
  const keeper = createLeaseKeeper(engine, name);
  const key: StreamKey = { account: engine.account, stream: name };
  const log =
    name === 'audit_logs' ? auditLogs : name === 'access_logs' ? engine.accessLogs : undefined;

  /** Tells whoever watches how a run ended, also one that could not even be recorded, or begun because somebody else is at it. */
  async function observe<Answer extends RunResult | undefined>(
    task: Task,
    signal: AbortSignal,
    act: () => Promise<Answer | Busy>,
  ): Promise<Answer | RunResult> {
    const report = (
      end: Pick<RunResult, 'outcome' | 'code' | 'error'> & { counts?: RunCounts },
    ): void =>
      engine.report({
        type: 'run',
        stream: name,
        task,
        outcome: end.outcome,
        counts: end.counts,
        code: end.code,
        error: end.error,
      });
    try {
      const answer = await act();
      const result = isBusy(answer) ? describeBusy(name, task, answer.holder) : answer;
      if (result !== undefined) report(result);
      return result;
    } catch (error) {
      report({
        outcome: signal.aborted ? 'interrupted' : 'failed',
        code: signal.aborted ? 'stopped' : codeOf(error),
        error: explainError(error),
      });
      throw error;
    }
  }

  async function work(
    task: Task,
    signal: AbortSignal,
    waitMs: number,
    act: (lease: Lease, tally: Tally, signal: AbortSignal) => Promise<void>,
  ): Promise<RunResult> {
    return observe(task, signal, () =>
      keeper.use(
        async (lease, held) => {
          await registerStream(engine.db, key, log?.retentionDays);
          return recordRun(engine, name, task, held, (tally) => act(lease, tally, held));
        },
        signal,
        waitMs,
      ),
    );
  }

  function pullOf(stream: LogStream, lease: Lease, tally: Tally, signal: AbortSignal): Pull {
    return { engine, stream, lease, tally, signal };
  }

  return {
    name,
    follow: (signal, waitMs = 0) =>
      log === undefined
        ? work('listing', signal, waitMs, (lease, tally, held) =>
            listPeople(engine, lease, tally, held),
          )
        : work('live', signal, waitMs, (lease, tally, held) =>
            followLog(pullOf(log, lease, tally, held)),
          ),
    async fill(signal, waitMs = 0) {
      if (log === undefined) return undefined;
      return observe('backfill', signal, () =>
        keeper.use(
          async (lease, held) => {
            const last = await loadLastOutcome(engine.db, key, 'backfill');
            // A failed run is answered by another one, so that the status shows that its work is done after all. What
            // keeps the question from being answered keeps the work from being done, and is recorded with it.
            const due =
              (last !== undefined && last !== 'complete') ||
              (await hasWork(pullOf(log, lease, createTally(), held)).catch(() => true));
            if (!due) return undefined;
            return recordRun(engine, name, 'backfill', held, (tally) =>
              fillLog(pullOf(log, lease, tally, held), 'gaps'),
            );
          },
          signal,
          waitMs,
        ),
      );
    },
    read(span, signal, waitMs = 0) {
      if (log === undefined) throw new TypeError('People are not read by time.');
      return work('backfill', signal, waitMs, (lease, tally, held) =>
        fillLog(pullOf(log, lease, tally, held), span),
      );
    },
    isAbandoned: () => engine.abandonedWork.includes(key),
  };
}

function describeBusy(stream: string, task: Task, holder: string): RunResult {
  return {
    stream,
    task,
    outcome: 'busy',
    counts: { requests: 0, new: 0, changed: 0, late: 0 },
    code: 'lease_busy',
    error: `Another process (${holder}) is pulling ${stream}; nothing was done here. Try again when it has finished, or stop it.`,
  };
}
