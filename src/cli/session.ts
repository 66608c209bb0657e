import { hostname } from 'node:os';
import type { Config, LocalConfig } from '../config.ts';
import type { Log } from '../logger.ts';
import { openDatabase, type Database } from '../postgres/client.ts';
import { openEmbeddedPostgres } from '../postgres/embedded.ts';
import { migrateDatabase } from '../postgres/migrate.ts';
import { refreshRollups } from '../postgres/rollups.ts';
import { toSeconds } from '../span.ts';
import type { StreamName } from '../streams/names.ts';
import { createEngine } from '../sync/engine-assembly.ts';
import type { Engine } from '../sync/engine.ts';
import type { SyncEvent } from '../sync/progress.ts';
import { createStreamWorker, type StreamWorker } from '../sync/stream-worker.ts';

/** How long a lease lives without being renewed: the time after which a dead process's work is taken over. */
const leaseMs = 15_000;

/** An open database and where it is. `url` is secret. */
export type OpenDatabase = { readonly url: string; readonly db: Database };

/** Opens the configured database, or the embedded one, for the time of `work`. */
export async function withDatabase<T>(
  config: LocalConfig,
  log: Log,
  signal: AbortSignal,
  work: (open: OpenDatabase) => Promise<T>,
): Promise<T> {
  const embedded =
    config.database.kind === 'embedded'
      ? await openEmbeddedPostgres({
          dataDir: config.database.dataDirectory,
          log: (message) => log.debug({}, message),
        })
      : undefined;
  const url = config.database.kind === 'server' ? config.database.url : (embedded?.url ?? '');
  const db = openDatabase({ url, signal });
  try {
    return await work({ url, db });
  } finally {
    await db.close();
    await embedded?.stop();
  }
}

/** Everything that pulls one account. */
export type Session = { readonly engine: Engine; readonly workers: readonly StreamWorker[] };

/** How a session differs from command to command. */
export type SessionOptions = {
  readonly log: Log;
  /** Hears the engine's events. Default: nobody. */
  readonly report?: (event: SyncEvent) => void;
  /** Default: those of the settings. */
  readonly streams?: readonly StreamName[];
  /** Whether ticks go on beside a backfill, so that it leaves a request a minute to them. Default false. */
  readonly live?: boolean;
};

/** Brings the database to the present schema and sets the engine up for the time of `work`. */
export async function withSession<T>(
  config: Config,
  open: OpenDatabase,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { log, report = () => {} } = options;
  const { applied } = await migrateDatabase(open.url);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  for (const warning of config.zendesk.warnings) log.warn({}, warning);

  const { account } = config.zendesk;
  const engine = createEngine({
    account,
    db: open.db,
    zendesk: config.zendesk,
    reserve: options.live === true ? 1 : 0,
    settings: {
      settleSeconds: Math.ceil(config.settleMs / 1000),
      rescanAges: config.rescanAfterMs.map((ms) => Math.ceil(ms / 1000)),
      auditLogsStart:
        config.streams.auditLogsStart === undefined
          ? undefined
          : toSeconds(config.streams.auditLogsStart),
      requestsPerMinute: config.budgets,
    },
    holder: `${hostname()}:${process.pid}`,
    leaseMs,
    log,
    report: (event) => {
      if (event.type === 'pause') log.warn({ account, ...event }, 'requests paused');
      report(event);
    },
  });
  const names = options.streams ?? config.streams.names;
  try {
    const result = await work({
      engine,
      workers: names.map((name) => createStreamWorker(engine, name)),
    });
    // What follows the logs for long refreshes on its own schedule, and not while it is being stopped.
    if (options.live !== true) await refreshRollups(open.db, account);
    return result;
  } finally {
    engine.zendesk.close();
  }
}
