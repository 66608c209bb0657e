import { hostname } from 'node:os';
import { createClassifier } from '../classification/classifier.ts';
import type { Config, LocalConfig } from '../config.ts';
import type { Log } from '../logger.ts';
import { openDatabase, type Database } from '../database/client.ts';
import { openEmbeddedPostgres } from '../database/embedded.ts';
import { migrateDatabase } from '../database/migrate.ts';
import { refreshRollups } from '../database/rollups.ts';
import { toSeconds } from '../span.ts';
import { createAccessLogs } from '../streams/access-logs.ts';
import type { LogStream } from '../streams/log-stream.ts';
import type { StreamName } from '../streams/names.ts';
import { createAbandonedWork, type AbandonedWork } from '../ingest/abandoned-work.ts';
import { createCursorShare, type CursorShare } from '../ingest/cursor-share.ts';
import { createEngine } from '../ingest/engine-assembly.ts';
import type { Engine } from '../ingest/engine.ts';
import type { SyncEvent } from '../ingest/progress.ts';
import { createStreamWorker, type StreamWorker } from '../ingest/stream-worker.ts';
import { openTracing, type Tracing } from '../tracing/tracing.ts';
import { version } from '../version.ts';

/** How long a lease lives without being renewed: the time after which a dead process's work is taken over. */
const leaseMs = 15_000;

/** An open database and where it is. `url` is secret. */
export type OpenDatabase = {
  readonly url: string;
  readonly db: Database;
  /** The same database for the pages of backfills, with connections of their own. */
  readonly bulk: Database;
};

/** Connections at most: so many for backfills of all accounts, and so many for everything else. */
const connections = { bulk: 4, other: 8 };

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
  try {
    return await withConnections(url, signal, work);
  } finally {
    await embedded?.stop();
  }
}

/** Opens the database at an address for the time of `work`. */
export async function withConnections<T>(
  url: string,
  signal: AbortSignal,
  work: (open: OpenDatabase) => Promise<T>,
): Promise<T> {
  const db = openDatabase({ url, signal, connections: connections.other });
  const bulk = openDatabase({ url, signal, connections: connections.bulk });
  try {
    return await work({ url, db, bulk });
  } finally {
    await bulk.close();
    await db.close();
  }
}

/** Everything that pulls one account. */
export type Session = {
  readonly config: Config;
  readonly engine: Engine;
  readonly workers: readonly StreamWorker[];
};

/** How a session differs from command to command. */
type SessionOptions = {
  readonly log: Log;
  /** Hears the engine's events. Default: nobody. */
  readonly report?: (event: SyncEvent, account: string) => void;
  /** Default: those of the settings. */
  readonly streams?: readonly StreamName[];
  /** Whether ticks go on beside a backfill, so that it leaves a request a minute to them. Default false. */
  readonly live?: boolean;
};

/** `withSessions` for one account. */
export async function withSession<T>(
  config: Config,
  open: OpenDatabase,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSessions([config], open, options, async ([session]) => {
    if (session === undefined) throw new Error('There is no session.');
    return work(session);
  });
}

/** Brings the database to the present schema and sets up an engine for each account for the time of `work`. */
export async function withSessions<T>(
  configs: readonly Config[],
  open: OpenDatabase,
  options: SessionOptions,
  work: (sessions: readonly Session[]) => Promise<T>,
): Promise<T> {
  const { log } = options;
  const { applied } = await migrateDatabase(open.url);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  const [common] = configs;
  const tracing = await openTracing({ endpoint: common?.collectorEndpoint, version, log });
  const shared: Shared = {
    db: open.db,
    bulk: open.bulk,
    tracing,
    cursorShare: createCursorShare(),
    abandonedWork: createAbandonedWork(open.db),
    // The rules are those of the process: they are compiled once.
    accessLogs: createAccessLogs(createClassifier(common?.accessRules ?? [])),
  };
  const sessions = configs.map((config) => createSession(config, shared, options));
  try {
    const result = await work(sessions);
    // What follows the logs for long refreshes on its own schedule, and not while it is being stopped.
    if (options.live !== true)
      for (const { engine } of sessions) await refreshRollups(open.db, engine.account);
    return result;
  } finally {
    for (const { engine } of sessions) engine.zendesk.close();
    await tracing.close();
  }
}

/** What the sessions of a process share. */
type Shared = Pick<OpenDatabase, 'db' | 'bulk'> & {
  readonly cursorShare: CursorShare;
  readonly abandonedWork: AbandonedWork;
  readonly accessLogs: LogStream;
  readonly tracing: Tracing;
};

function createSession(
  config: Config,
  { tracing, ...shared }: Shared,
  { log, report = () => {}, live = false, streams }: SessionOptions,
): Session {
  const { account, warnings } = config.zendesk;
  for (const warning of warnings) log.warn({ account }, warning);
  const { auditLogsStart, names } = config.streams;
  const engine = createEngine({
    ...shared,
    account,
    zendesk: config.zendesk,
    reserve: live ? 1 : 0,
    settings: {
      settleSeconds: Math.ceil(config.settleMs / 1000),
      rescanAges: config.rescanAfterMs.map((ms) => Math.ceil(ms / 1000)),
      auditLogsStart: auditLogsStart === undefined ? undefined : toSeconds(auditLogsStart),
      requestsPerMinute: config.budgets,
    },
    holder: `${hostname()}:${process.pid}`,
    leaseMs,
    log,
    report: (event) => {
      if (event.type === 'pause') log.warn({ account, ...event }, 'requests paused');
      tracing.trace(account, event);
      report(event, account);
    },
  });
  const workers = (streams ?? names).map((name) => createStreamWorker(engine, name));
  return { config, engine, workers };
}
