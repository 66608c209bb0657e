import type { Log } from '../logger.ts';
import type { Database } from '../database/client.ts';
import type { EnsurePartitions } from '../database/partitions.ts';
import type { LogStream } from '../streams/log-stream.ts';
import type { Zendesk } from '../zendesk/client.ts';
import type { AbandonedWork } from './abandoned-work.ts';
import type { CursorShare } from './cursor-share.ts';
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
  /** For the pages of backfills: connections of their own, so that nothing else waits for them. */
  readonly bulk: Database;
  readonly zendesk: Zendesk;
  readonly ensurePartitions: EnsurePartitions;
  /** The access log as this installation reads it. */
  readonly accessLogs: LogStream;
  readonly settings: EngineSettings;
  /** Names this process in leases and runs. */
  readonly holder: string;
  /** How long a lease lives without being renewed. */
  readonly leaseMs: number;
  readonly log: Log;
  /** Hears of every page, request and run; for progress displays and metrics. */
  readonly report: (event: SyncEvent) => void;
  /** How fast pages come, per stream; decides how many cursors are used. */
  readonly pace: Pace;
  /** Divides the cursors between all backfills of the process. */
  readonly cursorShare: CursorShare;
  /** What other processes have left behind; shared by all accounts of the process. */
  readonly abandonedWork: AbandonedWork;
};

/** The priority of a request within its budget: lower goes first. */
export const priorities = { live: 0, listing: 1, rescan: 2, backfill: 3 } as const;
