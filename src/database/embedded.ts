import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { foreignCodeOf, KnownError } from '../errors.ts';
import { isLostConnection, speakOf, translateError } from './connection-errors.ts';
import { chooseAccount } from './embedded/account.ts';
import { locateBinaries } from './embedded/binaries.ts';
import {
  type ClusterPaths,
  clusterName,
  prepareCluster,
  prepareDataDir,
  readClusterFile,
} from './embedded/cluster.ts';
import { createClient } from './session-settings.ts';
import { sqlstates } from './sqlstates.ts';
import { answersFor, readPresence, removeMisleadingFile } from './embedded/presence.ts';
import { type Hindrance, type Server, startServer } from './embedded/server.ts';

/** Settings of {@link openEmbeddedPostgres}. */
export type EmbeddedOptions = {
  /** Directory of everything that belongs to the server; created if missing. For one machine or one container only. */
  readonly dataDir: string;
  /** Name of the database, created if missing. Default `zendesk`. */
  readonly database?: string | undefined;
  /** The port on 127.0.0.1, if this call starts the server. Default: that of its last start if it is free, otherwise any. */
  readonly port?: number | undefined;
  /**
   * False is faster but not safe against a crash of the machine (it is against one of the server): for tests and demos.
   * Default true.
   */
  readonly durable?: boolean | undefined;
  /** Directory of `initdb` and `postgres` if not the bundled ones, for example `/usr/lib/postgresql/15/bin`. */
  readonly binariesDir?: string | undefined;
  /** How long {@link EmbeddedPostgres.stop} waits for a normal end before it forces one. Default 8000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Ends the opening early, with its reason; what was opened stays open. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the server runs, and with `warn` when it ends unexpectedly or does not start again. Default: none. */
  readonly log?: ((message: string, level: 'debug' | 'warn') => void) | undefined;
};

/** A running embedded server, and one database in it. */
export type EmbeddedPostgres = {
  /** Connection string of the database's owner; it contains the password. */
  readonly url: string;
  /** True if this call started the server; false if it joined that of another process, which it may take over later. */
  readonly started: boolean;
  /** Ends the server if this call started it or took it over; open connections are closed, committed data is safe. */
  readonly stop: () => Promise<void>;
  /** The same at once, for data that is no longer needed. */
  readonly kill: () => Promise<void>;
};

const lookAgainMs = 20;
const startAgainMs = 100;
/** How often to try a wanted port: the server of another process may be starting or stopping there. */
const portTries = 20;
const joinTimeoutMs = 60_000;
const createTimeoutMs = 15_000;
/** How often a guest checks that the server still runs; more often than a client retries a lost connection. */
const successionMs = 250;
/** The longest pause after a start that failed; it doubles up to there. */
const longestPauseMs = 30_000;

/** Whether there is a database in a data directory, running or not. */
export function isPresent(dataDir: string): boolean {
  return existsSync(join(dataDir, clusterName));
}

/**
 * Opens the database in `dataDir`: joins the server that another process runs there, or starts one. The server listens at a
 * free port of 127.0.0.1 only, asks for a generated password, writes its log to `dataDir/postgres.log` and ends with this
 * process at the latest (Linux: even when it is killed). Call it in the main thread: on Linux the server ends with the
 * thread that started it.
 *
 * @throws {KnownError} `embedded_unusable` when it cannot run here: platform, directory, version; one sentence that says what to do
 * @throws {KnownError} `embedded_failed` when the server does not start, with its own reason
 * @throws the reason of the signal
 */
export async function openEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { database = 'zendesk', stopTimeoutMs = 8000, log = () => undefined } = options;
  const paths = await prepareDataDir(options.dataDir);
  const running = await joinOrStart(paths, options);
  const { port } = running;
  const stopping = new AbortController();
  const kept = keepRunning(running, paths, { ...options, log, signal: stopping.signal });
  speakOf('embedded');
  const end = async (how: (server: Server) => Promise<void>): Promise<void> => {
    stopping.abort();
    const server = await kept;
    if (server !== undefined) await how(server);
    speakOf('chosen');
  };
  const stop = () => end((server) => server.stop(stopTimeoutMs));
  const kill = () => end((server) => server.kill());
  try {
    const password = await readClusterFile(paths.password);
    await createDatabase(urlOf(port, password, 'postgres'), database);
    log(
      running.server
        ? `The embedded PostgreSQL server runs at 127.0.0.1:${port}.`
        : `Joined the embedded PostgreSQL server at 127.0.0.1:${port} that another process runs.`,
      'debug',
    );
    return {
      url: urlOf(port, password, database),
      started: running.server !== undefined,
      stop,
      kill,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where the server is, and the server itself while this process runs it. */
type Running = { readonly port: number; readonly server?: Server | undefined };

/**
 * Starts the server again, on the same port, when it ends, until the signal comes: also as a guest, who may live longer than
 * its host. Returns the server that this process runs then.
 */
async function keepRunning(
  { port, server: first }: Running,
  paths: ClusterPaths,
  options: EmbeddedOptions & { readonly signal: AbortSignal },
): Promise<Server | undefined> {
  const { log = () => undefined, signal } = options;
  let server = first;
  const warn = (message: string): void => log(`The embedded PostgreSQL server ${message}.`, 'warn');
  const aborted = once(signal, 'abort');
  let pauseMs = successionMs;
  for (;;) {
    if (server !== undefined) {
      const how = await Promise.race([server.exited, aborted]);
      if (signal.aborted) return server;
      warn(`ended unexpectedly (${String(how)}) and is started again; see ${paths.log}`);
      server = undefined;
    }
    await sleep(pauseMs, undefined, { ref: false, signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
    if ((await readPresence(paths.cluster)).kind === 'ready') continue;
    const next = await joinOrStart(paths, options).catch((error: unknown) => {
      if (signal.aborted) return;
      const reason = error instanceof KnownError ? error.found : foreignCodeOf(error);
      warn(`cannot be started again: ${reason ?? 'no reason known'}`);
    });
    pauseMs = next === undefined ? Math.min(pauseMs * 2, longestPauseMs) : successionMs;
    server = next?.server;
    if (next !== undefined && next.port !== port)
      warn(`could not get its port ${port} again; restart this program`);
  }
}

async function joinOrStart(paths: ClusterPaths, options: EmbeddedOptions): Promise<Running> {
  const deadline = Date.now() + joinTimeoutMs;
  let refusals = 0;
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    const presence = await readPresence(paths.cluster);
    if (presence.kind === 'ready') {
      const password = await readClusterFile(paths.password);
      const url = urlOf(presence.port, password, 'postgres');
      if (await answersFor(url, paths.cluster)) return { port: presence.port };
    }
    if (presence.kind === 'misleading') {
      await removeMisleadingFile(paths.cluster, presence.text);
    }
    if (presence.kind === 'absent') {
      const server = await start(paths, options);
      if (typeof server === 'object') return { port: server.port, server };
      if (server === 'port' && options.port !== undefined && ++refusals === portTries)
        throw new KnownError('embedded_unusable', {
          found: `The embedded PostgreSQL server cannot use port ${options.port} of 127.0.0.1, because another program uses it`,
          wayOut: 'choose another EMBEDDED_PORT, or stop that program',
        });
      await sleep(startAgainMs);
    }
    await sleep(lookAgainMs);
  }
  throw new KnownError('embedded_failed', {
    found: `The PostgreSQL server that runs in ${paths.dataDir} does not answer`,
    wayOut: `see ${paths.log}`,
  });
}

async function start(paths: ClusterPaths, options: EmbeddedOptions): Promise<Server | Hindrance> {
  const { durable = true, binariesDir, signal, port } = options;
  const binaries = await locateBinaries(binariesDir);
  const account = await chooseAccount(paths.dataDir, paths.cluster, binaries.postgres);
  await prepareCluster(paths, binaries, account, { durable, signal });
  return startServer(paths, binaries.postgres, account, { durable, signal, port });
}

async function createDatabase(url: string, database: string): Promise<void> {
  const deadline = Date.now() + createTimeoutMs;
  for (;;) {
    try {
      return await ensureDatabase(url, database);
    } catch (error) {
      const code = foreignCodeOf(error);
      // Another process created it at the same moment: duplicate_database, or its unique index.
      if (code === sqlstates.duplicateDatabase || code === sqlstates.uniqueViolation) return;
      // The server's owner has ended meanwhile; another process starts it again on the same port.
      if (isLostConnection(error) && Date.now() < deadline) {
        await sleep(startAgainMs);
        continue;
      }
      throw new KnownError('embedded_failed', {
        found: `The database ${database} cannot be opened in the embedded PostgreSQL server (${code ?? 'no answer'})`,
        cause: translateError(error),
      });
    }
  }
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  const client = createClient({ connectionString: url }, () => false);
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('select from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${escapeIdentifier(database)}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(port: number, password: string, database: string): string {
  // PGSSLMODE would request TLS.
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}?sslmode=disable`;
}
