/** The rollups of a service, which are brought up to date beside everything else. */
import { explainError } from '../errors.ts';
import type { Scheduler } from '../scheduler.ts';
import { listLogs } from '../streams/registry.ts';
import { refreshRollups } from './rollups.ts';
import type { Session } from './session.ts';

/** Dashboards show a new row at most this long after it was stored. */
const rollupSchedule = '*/5 * * * *';

/**
 * Refreshes the rollups now and on their schedule. The function it returns ends that and waits for what still runs.
 *
 * One account after the other, and beside the backfills: what follows the logs does not wait for it.
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
      const days = await refreshRollups(bulk, account, listLogs(streams), signal);
      log.debug({ account, days }, 'rollups refreshed');
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
