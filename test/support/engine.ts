/** The engine as the program sets it up, with settings for tests: no limits, short waits, no log. */
import { createLogger, type Log } from '../../src/logger.ts';
import { openDatabase } from '../../src/postgres/client.ts';
import { createPartitionKeeper } from '../../src/postgres/partitions.ts';
import { createBudgetGate } from '../../src/sync/budget-gate.ts';
import type { Engine, EngineSettings } from '../../src/sync/engine.ts';
import { createPace } from '../../src/sync/pace.ts';
import type { SyncEvent } from '../../src/sync/progress.ts';
import { createZendesk } from '../../src/zendesk/client.ts';

export const account = 'acme';

/** Where an engine finds the database and Zendesk, and how it logs in there. */
export type Place = {
  readonly databaseUrl: string;
  readonly origin: string;
  readonly clientId: string;
  readonly clientSecret: string;
};

export type EngineOptions = Partial<EngineSettings> & {
  readonly leaseMs?: number;
  readonly holder?: string;
  readonly report?: (event: SyncEvent) => void;
  /** The local clock in epoch milliseconds; default: the real one. */
  readonly localNow?: () => number;
  readonly log?: Log;
};

const silent = createLogger({
  level: 'silent',
  format: 'json',
  fileDescriptor: 2,
  isTerminal: false,
});

/** Sets an engine up. Whoever calls closes its `zendesk` and its `db`; the signal ends waiting for a database. */
export function createEngine(place: Place, options: EngineOptions, signal: AbortSignal): Engine {
  const db = openDatabase({ url: place.databaseUrl, signal });
  const report = options.report ?? (() => {});
  const requestsPerMinute = options.requestsPerMinute ?? {
    support: 100_000,
    access_logs: 100_000,
  };
  const log = options.log ?? silent;
  return {
    account,
    db,
    zendesk: createZendesk({
      origin: place.origin,
      account,
      credentials: {
        kind: 'oauth-client',
        clientId: place.clientId,
        clientSecret: place.clientSecret,
      },
      scope: 'read',
      budget: createBudgetGate({ db, account, requestsPerMinute, reserve: 1, report }),
      log,
      retryBaseMs: 5,
      ...(options.localNow === undefined ? {} : { localNow: options.localNow }),
    }),
    ensurePartitions: createPartitionKeeper(db),
    settings: {
      settleSeconds: options.settleSeconds ?? 300,
      rescanAges: options.rescanAges ?? [3600, 86_400],
      auditLogsStart: options.auditLogsStart,
      requestsPerMinute,
    },
    holder: options.holder ?? 'test',
    leaseMs: options.leaseMs ?? 5000,
    log,
    report,
    pace: createPace(),
  };
}
