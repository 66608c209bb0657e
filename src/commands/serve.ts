import type { CommandContext } from './context.ts';
import { withDatabase, withSessions, type Session } from './session.ts';
import type { Config } from '../config/config.ts';
import { explainError } from '../errors.ts';
import { createHeartbeat, createRunWatch } from '../http/heartbeat.ts';
import type { Metrics } from '../http/metrics.ts';
import { startHttpServer } from '../http/server.ts';
import { refreshRollups } from '../database/rollups.ts';
import { startSchedule } from '../scheduler.ts';
import type { Engine } from '../ingest/engine.ts';
import { createRoutine, type Routine } from '../ingest/service.ts';
import type { StreamName } from '../streams/names.ts';
import type { SyncEvent } from '../ingest/events.ts';
import type { StreamWorker } from '../ingest/stream-worker.ts';
import type { Log } from '../logger.ts';
import { version } from '../version.ts';

/** `serve`: follows the streams of all accounts on their schedules until a signal comes. */
export async function runServe(context: CommandContext): Promise<number> {
  const configs = context.readConfigs();
  // What concerns the process is the same for all accounts.
  const [common] = configs;
  const log = context.openLog(common, 'stdout');
  // The library of the metrics is for the service alone.
  const { createMetrics } = await import('../http/metrics.ts');
  const metrics = createMetrics({ version, nodeVersion: process.versions.node });
  const heartbeat = createHeartbeat(common.heartbeatUrl, log);
  const watchRun = createRunWatch(heartbeat);
  const report = (event: SyncEvent, account: string): void => {
    metrics.count(account, event);
    watchRun(account, event);
  };
  const { signal } = context;
  try {
    await withDatabase(common, log, signal, (open) =>
      // Before the migrations, which may take long: a port that is taken is said at once, and probes are answered.
      withHttp(common.http, { databaseUrl: open.url, metrics, signal, log }, () =>
        withSessions(configs, open, { log, report, live: true }, async (sessions) => {
          for (const { config } of sessions)
            metrics.introduce(config.zendesk.account, config.streams.names);
          const endRollups = keepRollups(sessions, signal);
          await Promise.all(sessions.map((session) => follow(session, log, signal)));
          await endRollups();
          for (const { engine } of sessions) log.info({ account: engine.account }, 'stopped');
        }),
      ),
    );
  } finally {
    heartbeat.close();
  }
  return 0;
}

async function follow(
  { config, workers, engine }: Session,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { account } = engine;
  log.info({ account, streams: config.streams.names, schedules: config.schedules }, 'started');
  await followOnSchedule(workers, config.schedules, log.child({ account }), signal);
}

/** Answers over HTTP, if that is wanted, for the time of `work`. */
async function withHttp(
  place: Config['http'],
  options: { databaseUrl: string; metrics: Metrics; signal: AbortSignal; log: Log },
  work: () => Promise<void>,
): Promise<void> {
  if (place === undefined) return work();
  const server = await startHttpServer({ ...place, ...options });
  try {
    options.log.info({ host: server.host, port: server.port }, 'answering over HTTP');
    await work();
  } finally {
    await server.close();
  }
}

/** Dashboards show a new row at most this long after it was stored. */
const rollupSchedule = '*/5 * * * *';

/**
 * Refreshes the rollups now and on their schedule. The function it returns ends that and waits for what still runs.
 *
 * One account after the other, and beside the backfills: what follows the logs does not wait for it.
 */
function keepRollups(sessions: readonly Session[], signal: AbortSignal): () => Promise<void> {
  let running: Promise<void> | undefined;
  const refreshAll = async (): Promise<void> => {
    for (const { engine } of sessions) if (!signal.aborted) await refresh(engine);
  };
  const refresh = async ({ bulk, account, log }: Engine): Promise<void> => {
    try {
      const days = await refreshRollups(bulk, account, signal);
      log.debug({ account, days }, 'rollups refreshed');
    } catch (error) {
      if (!signal.aborted) log.error({ account, err: error }, explainError(error));
    }
  };
  const tick = (): void => {
    running ??= refreshAll().finally(() => (running = undefined));
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
