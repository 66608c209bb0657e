import { createClassifier } from '../classification/classifier.ts';
import type { Config, LocalConfig } from '../config/config.ts';
import { longLimitMs } from '../database/client.ts';
import { isPresent, openEmbeddedPostgres } from '../database/embedded.ts';
import { KnownError } from '../errors.ts';
import type { SyncEvent } from '../ingest/events.ts';
import {
  withConnections,
  withSessions as withEngines,
  type AccountOptions,
  type Connections,
  type Session as EngineSession,
} from '../ingest/session.ts';
import type { Log } from '../logger.ts';
import { toSeconds } from '../span.ts';
import type { Stream } from '../streams/stream.ts';
import { openTracing } from '../tracing/tracing.ts';
import { version } from '../version.ts';
import type { CommandContext } from './context.ts';
import { nameCommand } from './npm.ts';
import { sealAccounts } from './sealing.ts';
import { isConfigured, refuseUnconfigured } from './settings.ts';

/** Opens the configured database, or the embedded one, for the time of `work`. */
export async function withDatabase<T>(
  config: LocalConfig,
  log: Log,
  signal: AbortSignal,
  work: (open: Connections) => Promise<T>,
  queryTimeoutMs?: number,
): Promise<T> {
  if (config.database.kind === 'server')
    return withConnections(config.database.url, signal, work, queryTimeoutMs, log);
  const embedded = await openEmbeddedPostgres({
    dataDir: config.database.dataDirectory,
    port: config.database.port,
    signal,
    log: (message) => log.debug({}, message),
  });
  try {
    return await withConnections(embedded.url, signal, work, queryTimeoutMs, log);
  } finally {
    await embedded.stop();
  }
}

/**
 * Opens the database of a command that reads what was stored, for the time of `work`. Makes none where there is none.
 *
 * @throws {KnownError} `nothing_pulled` for an embedded database that nothing was ever pulled into
 */
export async function withLocalDatabase<T>(
  context: CommandContext,
  work: (open: Connections, config: LocalConfig, log: Log) => Promise<T>,
): Promise<T> {
  const config = context.readLocalConfig();
  if (config.database.kind === 'embedded') checkPresent(context, config.database.dataDirectory);
  const log = context.openLog(config);
  // What is summed over years may take long, and somebody waits for it.
  const run = (open: Connections): Promise<T> => work(open, config, log);
  return withDatabase(config, log, context.signal, run, longLimitMs);
}

function checkPresent({ env }: CommandContext, dataDirectory: string): void {
  if (isPresent(dataDirectory)) return;
  const found = `There is no database in ${dataDirectory}, because nothing has been pulled yet`;
  if (!isConfigured(env)) throw refuseUnconfigured(env, `${found}.`);
  const wayOut = `run "${nameCommand(env, 'sync')}" or "${nameCommand(env, 'serve')}" first, or set DATA_DIR or DATABASE_URL to the place where they store the rows`;
  throw new KnownError('nothing_pulled', { found, wayOut });
}

/** Everything that pulls one account, and its settings. */
export type Session = EngineSession & { readonly config: Config };

/** How a session differs from command to command. */
type SessionOptions = {
  readonly log: Log;
  /** Called with the engine's events. Default: nobody watches. */
  readonly report?: (event: SyncEvent, account: string) => void;
  /** What is pulled. Default: the streams of the settings. */
  readonly pulled?: readonly Stream[];
  /** Whether ticks go on beside a backfill, so that it leaves a request a minute to them. Default false. */
  readonly live?: boolean;
};

/** `withSessions` for one account. */
export async function withSession<T>(
  context: Pick<CommandContext, 'streams'>,
  config: Config,
  open: Connections,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSessions(context, [config], open, options, async ([session]) => {
    if (session === undefined) throw new Error('There is no session.');
    return work(session);
  });
}

/** Brings the database to the present schema and sets up what pulls each account, with traces, for the time of `work`. */
export async function withSessions<T>(
  { streams }: Pick<CommandContext, 'streams'>,
  configs: readonly Config[],
  open: Connections,
  { log, report, pulled, live = false }: SessionOptions,
  work: (sessions: readonly Session[]) => Promise<T>,
): Promise<T> {
  // What concerns the process is the same for all accounts.
  const [common] = configs;
  for (const { zendesk } of configs)
    for (const warning of zendesk.warnings) log.warn({ account: zendesk.account }, warning);
  const tracing = await openTracing({
    endpoint: common?.collectorEndpoint,
    proxies: common?.proxies,
    version,
    log,
  });
  const options = {
    log,
    live,
    streams,
    classify: createClassifier(common?.accessRules ?? []),
    report(event: SyncEvent, account: string) {
      tracing.trace(account, event);
      report?.(event, account);
    },
  };
  const accounts = configs.map((config) => describeAccount(config, pulled));
  try {
    return await withEngines(accounts, open, options, async (engines) => {
      const sessions = configs.flatMap((config, place) => {
        const session = engines[place];
        return session === undefined ? [] : [{ ...session, config }];
      });
      const endSealing = sealAccounts(configs, streams, open, log);
      return work(sessions).finally(endSealing);
    });
  } finally {
    await tracing.close();
  }
}

function describeAccount(config: Config, pulled = config.streams): AccountOptions {
  return {
    account: config.zendesk.account,
    zendesk: config.zendesk,
    pulled,
    settings: {
      settleSeconds: Math.ceil(config.settleMs / 1000),
      rescanAges: config.rescanAfterMs.map((ms) => Math.ceil(ms / 1000)),
      horizons: Object.fromEntries(
        Object.entries(config.horizons).map(([name, start]) => [name, toSeconds(start)]),
      ),
      requestsPerMinute: config.budgets,
      pageSizes: config.pageSizes,
    },
  };
}
