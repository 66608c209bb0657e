/** The engine as the program sets it up, with settings for tests: no limits, short waits, no log. */
import { createLogger, type Log } from '../../src/logger.ts';
import { openDatabase } from '../../src/database/client.ts';
import { createEngine as assembleEngine } from '../../src/ingest/session.ts';
import { createCursorShare, type Engine, type EngineSettings } from '../../src/ingest/engine.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { streams } from '../../src/streams/registry.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { usualClassify } from './stored-records.ts';

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
  /** Default: those of the program. */
  readonly streams?: readonly Stream[];
  /** Whether it has never seen a page. By default it has seen a full one of each stream, as if it had run for a while. */
  readonly isNew?: boolean;
  /** How many cursors all backfills have together; default: as the program. */
  readonly cursors?: number;
};

/** Budgets larger than any test needs. */
const plenty = { support: 100_000, access_logs: 100_000 };

const silent = createLogger({
  level: 'silent',
  format: 'json',
  fileDescriptor: 2,
  isTerminal: false,
});

/** Creates an engine. The caller closes its `zendesk` and its `db`; the signal ends the wait for a database. */
export function createEngine(place: Place, options: EngineOptions, signal: AbortSignal): Engine {
  const engine = assembleEngine({
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
    streams: options.streams ?? streams,
    classify: usualClassify,
    settings: {
      settleSeconds: options.settleSeconds ?? 300,
      rescanAges: options.rescanAges ?? [3600, 86_400],
      horizons: options.horizons ?? {},
      requestsPerMinute: options.requestsPerMinute ?? plenty,
      ...(options.shares && { shares: options.shares }),
      pageSizes: options.pageSizes ?? {},
    },
    cursorShare: createCursorShare(options.cursors),
    holder: options.holder ?? 'test',
    leaseMs: options.leaseMs ?? 5000,
    log: options.log ?? silent,
    report: options.report ?? (() => {}),
  });
  if (options.isNew !== true)
    for (const { name, source } of engine.streams) {
      const full = { records: source.pageSize, pageSize: source.pageSize, hasCursor: true };
      engine.lastPages.doubts(name, { ...full, isSaidLast: false, isReadAgain: false });
    }
  return engine;
}
