/** What commands open, loaded when they open it: the help and the errors of a command need none of it. */
import type { Config, LocalConfig } from '../config/config.ts';
import { KnownError } from '../errors.ts';
import type { SyncEvent } from '../ingest/events.ts';
import type { AccountOptions, Connections, Session as EngineSession } from '../ingest/session.ts';
import type { Log } from '../logger.ts';
import { makeRoomForPages } from '../memory.ts';
import { toSeconds } from '../span.ts';
import type { Stream } from '../streams/stream.ts';
import { version } from '../version.ts';
import type { CommandContext } from './context.ts';
import {
  choosePlace,
  inTurn,
  listFilled,
  nameOfDatabase,
  settleEach,
  type EachEnded,
} from './databases.ts';
import { isConfigured, refuseUnconfigured } from './environment.ts';
import { nameCommand } from './npm.ts';

/** Opens the configured database, or the embedded one, for the duration of `work`. */
export async function withDatabase<T>(
  config: LocalConfig,
  log: Log,
  signal: AbortSignal,
  work: (open: Connections) => Promise<T>,
  queryTimeoutMs?: number,
): Promise<T> {
  const { withConnections } = await import('../ingest/session.ts');
  if (config.database.kind === 'server')
    return withConnections(config.database.url, signal, work, queryTimeoutMs, log);
  const { openEmbeddedPostgres } = await import('../database/embedded.ts');
  const embedded = await openEmbeddedPostgres({
    dataDir: config.database.dataDirectory,
    port: config.database.port,
    signal,
    log: (message, level) => log[level]({}, message),
  });
  try {
    return await withConnections(embedded.url, signal, work, queryTimeoutMs, log);
  } finally {
    await embedded.stop();
  }
}

/** The accounts of a database that is open. */
export type OpenGroup = {
  readonly configs: readonly [Config, ...Config[]];
  readonly open: Connections;
};

/** Opens the database of each group of accounts for the duration of `work`; nothing is connected yet. */
export async function withGroups<T>(
  groups: readonly OpenGroup['configs'][],
  log: Log,
  signal: AbortSignal,
  work: (opened: readonly OpenGroup[]) => Promise<T>,
  opened: readonly OpenGroup[] = [],
): Promise<T> {
  const [configs, ...others] = groups;
  if (configs === undefined) return work(opened);
  return withDatabase(configs[0], log, signal, (open) =>
    withGroups(others, log, signal, work, [...opened, { configs, open }]),
  );
}

/**
 * Opens the database for a command that reads stored rows, for the duration of `work`: of several the one that the
 * arguments name, or that of their account. Does not create one.
 *
 * @throws {KnownError} `nothing_pulled` for an embedded database that nothing was ever pulled into, `bad_input` when it is
 *   not clear which of several is meant
 */
export async function withLocalDatabase<T>(
  context: CommandContext,
  work: (open: Connections, config: LocalConfig, log: Log) => Promise<T>,
): Promise<T> {
  return openLocal(context, choosePlace(context.readPlaces(context.wanted())), work);
}

/**
 * The same for each selected database, one after the other: for commands that are about all accounts.
 *
 * @returns the result of each that did not fail, in the order of the settings
 */
export async function withLocalDatabases<T>(
  context: CommandContext,
  work: (open: Connections, config: LocalConfig, log: Log) => Promise<T>,
): Promise<readonly T[]> {
  return inTurn(context, listFilled(context), (config) => openLocal(context, config, work));
}

/** The same at once; of several, those that fail are named next to the results of the others. */
export async function askLocalDatabases<T>(
  context: CommandContext,
  work: (open: Connections, isOwn: (account: string) => boolean) => Promise<T>,
): Promise<EachEnded<T>> {
  const places = listFilled(context);
  return settleEach(
    places,
    ({ config }) => nameOfDatabase(config),
    (place) => {
      // An account may be in two databases while it moves: that of the settings counts.
      const isOwn = (account: string): boolean =>
        places.every((other) => other === place || other.accounts?.includes(account) !== true);
      return openLocal(context, place.config, (open) => work(open, isOwn));
    },
  );
}

async function openLocal<T>(
  context: CommandContext,
  config: LocalConfig,
  work: (open: Connections, config: LocalConfig, log: Log) => Promise<T>,
): Promise<T> {
  if (config.database.kind === 'embedded')
    await checkPresent(context, config.database.dataDirectory);
  const { longLimitMs } = await import('../database/client.ts');
  const log = context.openLog(config);
  // Sums over years may take long, and a person waits for them.
  const run = (open: Connections): Promise<T> => work(open, config, log);
  return withDatabase(config, log, context.signal, run, longLimitMs);
}

async function checkPresent({ env }: CommandContext, dataDirectory: string): Promise<void> {
  const { isPresent } = await import('../database/embedded.ts');
  if (isPresent(dataDirectory)) return;
  const found = `There is no database in ${dataDirectory}, because nothing has been pulled yet`;
  if (!isConfigured(env)) throw refuseUnconfigured(env, `${found}.`);
  const wayOut = `run "${nameCommand(env, 'sync')}" or "${nameCommand(env, 'serve')}" first, or set DATA_DIR or DATABASE_URL to the place where they store the rows`;
  throw new KnownError('nothing_pulled', { found, wayOut });
}

/** Everything that pulls one account, and its settings. */
export type Session = EngineSession & { readonly config: Config };

/** How sessions differ between commands. */
type SessionOptions = {
  readonly log: Log;
  /** Called with the engine's events. Default: events are ignored. */
  readonly report?: (event: SyncEvent, account: string) => void;
  /** What is pulled. Default: the streams of the settings. */
  readonly pulled?: readonly Stream[];
  /** Whether ticks continue during a backfill, so that it leaves them a request a minute. Default false. */
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

/** Migrates the database and sets up what pulls each account, with traces, for the duration of `work`. */
export async function withSessions<T>(
  { streams }: Pick<CommandContext, 'streams'>,
  configs: readonly Config[],
  open: Connections,
  { log, report, pulled, live = false }: SessionOptions,
  work: (sessions: readonly Session[]) => Promise<T>,
): Promise<T> {
  makeRoomForPages();
  // Settings of the process are the same for all accounts.
  const [common] = configs;
  for (const { zendesk } of configs)
    for (const warning of zendesk.warnings) log.warn({ account: zendesk.account }, warning);
  const [{ withSessions: withEngines }, { openTracing }, { createClassifier }, { sealAccounts }] =
    await Promise.all([
      import('../ingest/session.ts'),
      import('../tracing/tracing.ts'),
      import('../classification/classifier.ts'),
      import('./sealing.ts'),
    ]);
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
      shares: config.shares,
      pageSizes: config.pageSizes,
    },
  };
}
