/** What `serve` compares with Zendesk on its own: a random sample of each log, at the times of RECONCILE_SCHEDULE. */
import { randomInt } from 'node:crypto';
import { explainError } from '../../errors.ts';
import { listTimes, type Scheduler } from '../../scheduler.ts';
import { toSeconds } from '../../span.ts';
import { loadCoverage } from '../coverage.ts';
import type { Engine } from '../engine.ts';
import type { LogWorker, StreamWorker } from '../worker.ts';
import { loadLastDue } from './ledger.ts';
import { reconcile } from './reconciliation.ts';
import { largestSeed } from './sampling.ts';

/** The number of random hours of each log that are compared each time. */
const scheduledParts = 24;

/** An account whose logs are compared. */
type ReconciledAccount = {
  readonly engine: Engine;
  readonly workers: readonly StreamWorker[];
  /** A cron expression, UTC; undefined: never. */
  readonly schedule: string | undefined;
};

/**
 * Compares at each time of the schedule, and at the start if a time was missed. One process does each.
 * Its requests have the lowest priority. The returned function ends it and waits for running work.
 */
export function keepReconciling(
  accounts: readonly ReconciledAccount[],
  scheduler: Scheduler,
  signal: AbortSignal,
): () => Promise<void> {
  const ends = accounts.map((account) => keepAccount(account, scheduler, signal));
  return async () => {
    for (const end of ends) await end();
  };
}

function keepAccount(
  { engine, workers, schedule }: ReconciledAccount,
  scheduler: Scheduler,
  signal: AbortSignal,
): () => Promise<void> {
  if (schedule === undefined) return async () => {};
  const times = listTimes(schedule, 'UTC');
  const logs = workers.filter(isLogWorker);
  let running: Promise<void> | undefined;
  const compareAll = async (isMissed: boolean): Promise<void> => {
    const dueAt = times.last(new Date());
    for (const worker of logs) {
      if (signal.aborted || dueAt === undefined) return;
      await compareDue(engine, worker, { dueAt, isMissed }, signal);
    }
  };
  const run = (isMissed: boolean): void => {
    running ??= compareAll(isMissed).finally(() => (running = undefined));
  };
  run(true);
  const end = scheduler.start(`${engine.account} reconcile`, schedule, () => run(false));
  return async () => {
    end();
    await running;
  };
}

function isLogWorker(worker: StreamWorker): worker is LogWorker {
  return worker.stream.kind === 'log';
}

async function compareDue(
  engine: Engine,
  worker: LogWorker,
  { dueAt, isMissed }: { readonly dueAt: Date; readonly isMissed: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { account, db, log } = engine;
  const key = { account, stream: worker.stream.name };
  try {
    // At the start only what was compared before can have missed a time.
    const last = isMissed ? await loadLastDue(db, key) : undefined;
    if (isMissed && (last === undefined || last >= dueAt)) return;
    const [oldest] = await loadCoverage(db, key);
    if (oldest === undefined) return;
    const sample = { count: scheduledParts, seed: randomInt(1, largestSeed) };
    const span = { from: oldest.from, to: toSeconds(new Date()) };
    const result = await reconcile(engine, worker, { span, sample, dueAt, report() {}, signal });
    if (result === undefined) return;
    const facts = { ...key, outcome: result.outcome, ...sample, ...result.counts };
    if (result.outcome === 'equal') log.info(facts, 'compared with Zendesk');
    else log.warn(facts, 'compared with Zendesk: not everything is equal, see "status"');
  } catch (error) {
    if (!signal.aborted) log.error({ ...key, err: error }, explainError(error));
  }
}
