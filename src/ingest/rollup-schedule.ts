/** Rollups and findings of a service, updated in parallel with everything else. */
import { explainError } from '../errors.ts';
import type { Scheduler } from '../scheduler.ts';
import { listLogs } from '../streams/registry.ts';
import { examine } from './findings/examine.ts';
import type { Session } from './session.ts';

/** Dashboards show a new row at most this long after it is stored. */
const rollupSchedule = '*/5 * * * *';

const renewing = 'rules or lists have changed: their findings are recomputed in the background';

/** Reports ten times how far a long recomputation is. After a few new rows there is nothing to report. */
function describeProgress(
  report: (done: number, total: number) => void,
): (done: number, total: number) => void {
  const fewSpans = 30;
  let next = 0;
  return (done, total) => {
    if (total < fewSpans || done < next || done === total) return;
    next = done + Math.ceil(total / 10);
    report(done, total);
  };
}

/**
 * Refreshes rollups and findings now and on their schedule. The function it returns ends that and waits for running work.
 *
 * One account after the other, on the connections of the backfills: following the logs does not wait for it.
 */
export function keepRollups(
  sessions: readonly Session[],
  scheduler: Scheduler,
  signal: AbortSignal,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  const refreshAll = async (): Promise<void> => {
    for (const session of sessions) if (!signal.aborted) await refresh(session);
  };
  const refresh = async ({ engine }: Session): Promise<void> => {
    const { bulk, account, log, streams } = engine;
    try {
      const examined = await examine(bulk, account, listLogs(streams), {
        signal,
        reportChanges(changes) {
          const rules = changes.flatMap(({ input, item }) => (input === 'rule' ? [item] : []));
          const others = new Set(changes.flatMap(({ input }) => (input === 'rule' ? [] : [input])));
          log.info({ account, rules, others: [...others] }, renewing);
        },
        report: describeProgress((done, total) =>
          log.info({ account, done, total }, 'findings are being recomputed'),
        ),
      });
      log.debug({ account, ...examined }, 'rollups and findings refreshed');
    } catch (error) {
      if (!signal.aborted) log.error({ account, err: error }, explainError(error));
    }
  };
  const tick = (): void => {
    running ??= refreshAll().finally(() => (running = undefined));
  };
  tick();
  const end = scheduler.start('rollups', rollupSchedule, tick);
  return async () => {
    end();
    await running;
  };
}
