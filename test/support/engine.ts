/** The engine as the program sets it up, with settings for tests: no limits, short waits, no log. */
import { createLogger, type Log } from '../../src/logger.ts';
import { openDatabase } from '../../src/database/client.ts';
import { createEngine as assembleEngine } from '../../src/ingest/engine-assembly.ts';
import type { Engine, EngineSettings } from '../../src/ingest/engine.ts';
import type { SyncEvent } from '../../src/ingest/progress.ts';

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
  return assembleEngine({
    account,
    db: openDatabase({ url: place.databaseUrl, signal }),
    zendesk: {
      origin: place.origin,
      credentials: {
        kind: 'oauth-client',
        clientId: place.clientId,
        clientSecret: place.clientSecret,
      },
      scope: 'read',
      retryBaseMs: 5,
      ...(options.localNow === undefined ? {} : { localNow: options.localNow }),
    },
    reserve: 1,
    settings: {
      settleSeconds: options.settleSeconds ?? 300,
      rescanAges: options.rescanAges ?? [3600, 86_400],
      auditLogsStart: options.auditLogsStart,
      requestsPerMinute: options.requestsPerMinute ?? { support: 100_000, access_logs: 100_000 },
    },
    holder: options.holder ?? 'test',
    leaseMs: options.leaseMs ?? 5000,
    log: options.log ?? silent,
    report: options.report ?? (() => {}),
  });
}
