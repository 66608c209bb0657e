import type { CommandContext } from './context.ts';
import { withDatabase, withSession } from './session.ts';
import { explainError } from '../errors.ts';
import { refreshRollups } from '../postgres/rollups.ts';
import { startSchedule } from '../scheduler.ts';
import type { Engine } from '../sync/engine.ts';
import { createRoutine, type Routine } from '../sync/service.ts';
import type { StreamName } from '../streams/names.ts';
import type { StreamWorker } from '../sync/stream-worker.ts';
import type { Log } from '../logger.ts';

/** `serve`: follows the streams on their schedules until a signal comes. */
export async function runServe(context: CommandContext): Promise<number> {
  const config = context.readConfig();
  const log = context.openLog(config, 'stdout');
  await withDatabase(config, log, context.signal, (open) =>
    withSession(config, open, { log, live: true }, async ({ workers, engine }) => {
      log.info(
        {
          account: config.zendesk.account,
          streams: config.streams.names,
          schedules: config.schedules,
        },
        'started',
      );
      const endRollups = keepRollups(engine, context.signal);
      await followOnSchedule(workers, config.schedules, log, context.signal);
      await endRollups();
      log.info({ account: config.zendesk.account }, 'stopped');
    }),
  );
  return 0;
}

/** Dashboards show a new row at most this long after it was stored. */
const rollupSchedule = '*/5 * * * *';

/** Refreshes the rollups now and on their schedule. The function it returns ends that and waits for what still runs. */
function keepRollups({ db, account, log }: Engine, signal: AbortSignal): () => Promise<void> {
  let running: Promise<void> | undefined;
  const refresh = async (): Promise<void> => {
    try {
      const days = await refreshRollups(db, account, signal);
      log.debug({ account, days }, 'rollups refreshed');
    } catch (error) {
      if (!signal.aborted) log.error({ account, err: error }, explainError(error));
    }
  };
  const tick = (): void => {
    running ??= refresh().finally(() => (running = undefined));
  };
  tick();
  const end = startSchedule('rollups', rollupSchedule, tick);
  return async () => {
    await end();
    await running;
  };
}

/** Ticks every stream now and then on its schedule, until the signal; then waits for what still runs. */
export async function followOnSchedule(
  workers: readonly StreamWorker[],
  schedules: Readonly<Record<StreamName, string>>,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const routines = new Map<StreamName, Routine>();
  for (const worker of workers) {
    // A backfill brings people whom nobody knows yet; they are looked up when it is done, not an hour later.
    const afterFill = (): void => routines.get('users')?.tick();
    routines.set(worker.name, createRoutine(worker, log, signal, afterFill));
  }
  const ends = [...routines].map(([name, routine]) =>
    startSchedule(name, schedules[name], () => routine.tick()),
  );
  for (const routine of routines.values()) routine.tick();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const end of ends) await end();
  for (const routine of routines.values()) await routine.settle();
}
