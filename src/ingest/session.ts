/** Everything that pulls the accounts of a process: connections, an engine for each account, and what they share. */
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { openDatabase, type Database } from '../database/client.ts';
import { migrateDatabase } from '../database/migrate.ts';
import { createPartitionKeeper } from '../database/partitions.ts';
import type { Log } from '../logger.ts';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { createZendesk, type ZendeskOptions } from '../zendesk/client.ts';
import { createBudgetGate } from './budget-gate.ts';
import { createLearnedLimits } from './learned-limits.ts';
import { createClocks } from './clocks.ts';
import { createCursorShare, createPace, type Engine, type EngineSettings } from './engine.ts';
import type { SyncEvent } from './events.ts';
import { createLoginKeeper } from './kept-login.ts';
import { createAbandonedWork } from './lease.ts';
import { createLastPages } from './last-pages.ts';
import { createPageSizes } from './page-sizes.ts';
import { examine } from './findings/examine.ts';
import { createStreamWorker, type StreamWorker } from './worker.ts';

/** How long a lease lives without being renewed: after this time another process takes over the work of a dead one. */
export const usualLeaseMs = 15_000;

/** The name of this process in leases and runs. */
const ownHolder = `${hostname()}:${pid}`;

/** The largest numbers of connections: for backfills of all accounts, and for everything else. */
const connections = { bulk: 4, other: 8 };
/** The largest number for a `serve`: three more for what monitoring asks, and two for the page. */
export const mostConnections = connections.bulk + connections.other + 5;

/** An open database and where it is. `url` is secret. */
export type Connections = {
  readonly url: string;
  readonly db: Database;
  /** The same database with separate connections for the pages of backfills. */
  readonly bulk: Database;
  /** Ends the wait for it. */
  readonly signal: AbortSignal;
};

/**
 * Opens the database at an address for the duration of `work`; the signal ends the wait for an unavailable one.
 * `queryTimeoutMs`: how long a statement may take; default: that of `openDatabase`. `log` gets messages about waits.
 */
export async function withConnections<T>(
  url: string,
  signal: AbortSignal,
  work: (open: Connections) => Promise<T>,
  queryTimeoutMs?: number,
  log?: Log,
): Promise<T> {
  const common = { url, signal, queryTimeoutMs, onRetry: log && tellOfWaits(log) };
  // The status view uses the name to find out whether the holder of a lease is alive.
  const db = openDatabase({ ...common, purpose: ownHolder, connections: connections.other });
  const bulk = openDatabase({ ...common, connections: connections.bulk });
  try {
    return await work({ url, db, bulk, signal });
  } finally {
    await bulk.close();
    await db.close();
  }
}

/** All work notices a lost connection at the same moment: it is reported once. */
const quietMs = 30_000;

function tellOfWaits(log: Log): (error: unknown, waitMs: number) => void {
  let toldMs = -Infinity;
  return (error, leftMs) => {
    if (performance.now() - toldMs < quietMs) return;
    toldMs = performance.now();
    const waitMs = Math.max(0, Math.round(leftMs));
    const until = new Date(Date.now() + waitMs).toISOString();
    log.warn({ err: error, waitMs, until }, 'waiting for Postgres, trying again');
  };
}

/** What is pulled from an account, and how. */
export type AccountOptions = {
  readonly account: string;
  readonly zendesk: EngineParts['zendesk'];
  readonly settings: EngineSettings;
  /** The streams of the installation that are pulled. */
  readonly pulled: readonly Stream[];
};

/** The same for all accounts of a process. */
type SessionOptions = Pick<Engine, 'streams' | 'classify' | 'log'> & {
  /** Called with every event of every account. Default: events are ignored. */
  readonly report?: (event: SyncEvent, account: string) => void;
  /** Whether ticks continue during a backfill, so that it leaves them a request a minute. Default false. */
  readonly live?: boolean;
};

/** Everything that pulls one account. */
export type Session = {
  readonly engine: Engine;
  /** One for each stream that is pulled, in their order. */
  readonly workers: readonly StreamWorker[];
};

/**
 * Migrates the database to the current schema and sets up what pulls the accounts for the duration of `work`. At its end it
 * updates rollups and findings, unless a signal stops it or the accounts are followed: then that happens all the time anyway.
 */
export async function withSessions<T>(
  accounts: readonly AccountOptions[],
  { url, db, bulk, signal }: Connections,
  options: SessionOptions,
  work: (sessions: readonly Session[]) => Promise<T>,
): Promise<T> {
  const { log, streams, classify, report = () => {}, live = false } = options;
  const { applied } = await migrateDatabase(url, {
    signal,
    report: (sentence) => log.warn({}, sentence),
  });
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  const cursorShare = createCursorShare();
  const abandonedWork = createAbandonedWork(db);
  const sessions = accounts.map(({ account, zendesk, settings, pulled }): Session => {
    const engine = createEngine({
      account,
      db,
      bulk,
      zendesk,
      reserve: live ? 1 : 0,
      streams,
      classify,
      settings,
      log,
      report(event) {
        if (event.type === 'pause' || event.type === 'waiting-for-budget') {
          const until = new Date(Date.now() + event.waitMs).toISOString();
          const isNew = event.type === 'pause';
          const message = isNew ? 'requests paused' : 'waiting before the next request';
          log.warn({ account, ...event, until }, message);
        }
        report(event, account);
      },
      cursorShare,
      abandonedWork,
    });
    return { engine, workers: pulled.map((stream) => createStreamWorker(engine, stream)) };
  });
  // The next run recomputes the remaining days.
  const whenStopped = (error: unknown): void => {
    if (!signal.aborted) throw error;
  };
  try {
    const result = await work(sessions);
    if (!live)
      for (const { engine } of sessions) await examineWithEvents(engine, signal).catch(whenStopped);
    return result;
  } finally {
    for (const { engine } of sessions) await engine.zendesk.close();
  }
}

async function examineWithEvents(
  { db, account, streams, report }: Engine,
  signal: AbortSignal,
): Promise<void> {
  const reportOf = (what: 'rollups' | 'findings') => (done: number, total: number) =>
    report({ type: 'examining', what, done, total });
  await examine(db, account, listLogs(streams), {
    signal,
    reportDays: reportOf('rollups'),
    report: reportOf('findings'),
  });
}

/** Names this process in leases and runs. */
export function describeHolder(): string {
  return ownHolder;
}

/** The parts of an engine, and how Zendesk is reached. */
type EngineParts = Pick<
  Engine,
  'account' | 'db' | 'streams' | 'classify' | 'settings' | 'log' | 'report'
> &
  Partial<
    Pick<Engine, 'bulk' | 'cursorShare' | 'abandonedWork' | 'holder' | 'leaseMs' | 'seals'>
  > & {
    readonly zendesk: Omit<ZendeskOptions, 'account' | 'budget' | 'keeper' | 'log' | 'onRequest'>;
    /** Requests a minute that a backfill leaves unused, for the live tail beside it. */
    readonly reserve: number;
  };

/** Builds an engine: its requests go through the account's budget. The caller closes its `zendesk` and its `db`. */
export function createEngine({ zendesk: options, reserve, ...parts }: EngineParts): Engine {
  const { account, db, streams, log, report } = parts;
  const requestsPerMinute = Object.fromEntries(
    streams.map(({ budget: { name, setting } }) => [
      name,
      parts.settings.requestsPerMinute[name] ?? setting.requestsPerMinute,
    ]),
  );
  const limits = createLearnedLimits(requestsPerMinute, parts.settings.shares ?? {});
  const zendesk = createZendesk({
    ...options,
    keeper: createLoginKeeper(db, account, options.credentials),
    account,
    log,
    budget: createBudgetGate({ db, account, requestsPerMinute, limits, reserve, report }),
    onRequest: (request) => report({ type: 'request', ...request }),
  });
  const { localNow = Date.now } = options;
  return {
    bulk: db,
    cursorShare: createCursorShare(),
    abandonedWork: createAbandonedWork(db),
    holder: describeHolder(),
    leaseMs: usualLeaseMs,
    seals: true,
    ...parts,
    settings: { ...parts.settings, requestsPerMinute },
    requestsPerMinute: limits.of,
    zendesk,
    clocks: createClocks({ account, localNow, readZendesk: () => zendesk.clock(), log, report }),
    ensurePartitions: createPartitionKeeper(db),
    pace: createPace(),
    pageSizes: createPageSizes(
      Object.fromEntries(
        streams.map(({ name, source }) => [
          name,
          parts.settings.pageSizes[name] ?? source.pageSize,
        ]),
      ),
    ),
    lastPages: createLastPages(),
    unusable: new Map(),
    completed: new Map(),
  };
}
