import type { Log } from '../logger.ts';
import type { Database } from '../postgres/client.ts';
import type { EnsurePartitions } from '../postgres/partitions.ts';
import type { Zendesk } from '../zendesk/client.ts';
import type { Pace } from './pace.ts';
import type { SyncEvent } from './progress.ts';

/** The settings the engine works by. */
export type EngineSettings = {
  /** How long after its own time stamp a record may still appear. */
  readonly settleSeconds: number;
  /** The ages at which a covered span is read again, in seconds. */
  readonly rescanAges: readonly number[];
  /** How far back the audit log is wanted, in seconds since 1970; undefined for the account's oldest record. */
  readonly auditLogsStart: number | undefined;
  readonly requestsPerMinute: { readonly support: number; readonly access_logs: number };
};

/** All that the engine works with, for one account. */
export type Engine = {
  readonly account: string;
  readonly db: Database;
  readonly zendesk: Zendesk;
  readonly ensurePartitions: EnsurePartitions;
  readonly settings: EngineSettings;
  /** Names this process in leases and runs. */
  readonly holder: string;
  /** How long a lease lives without being renewed. */
  readonly leaseMs: number;
  readonly log: Log;
  /** Hears of every page; for progress displays. */
  readonly report: (event: SyncEvent) => void;
  /** How fast pages come, per stream; decides how many cursors are used. */
  readonly pace: Pace;
};

/** The priority of a request within its budget: lower goes first. */
export const priorities = { live: 0, listing: 1, rescan: 2, backfill: 3 } as const;
