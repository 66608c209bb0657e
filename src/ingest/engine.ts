/** What the engine works with: the parts of one account, and what the accounts of a process share. */
import type { Classify } from '../classification/classification.ts';
import type { Database } from '../database/client.ts';
import type { EnsurePartitions } from '../database/partitions.ts';
import type { Log } from '../logger.ts';
import type { Spans } from '../span.ts';
import type { Stream } from '../streams/stream.ts';
import type { Zendesk } from '../zendesk/client.ts';
import type { Clocks } from './clocks.ts';
import type { SyncEvent } from './events.ts';
import type { AbandonedWork } from './lease.ts';
import type { LastPages } from './last-pages.ts';
import type { PageSizes } from './page-sizes.ts';
import type { Run } from './run-record.ts';

/** The settings the engine works by. */
export type EngineSettings = {
  /** How long after its own time stamp a record may still appear. */
  readonly settleSeconds: number;
  /** The ages at which a covered span is read again, in seconds. */
  readonly rescanAges: readonly number[];
  /** How far back a log is wanted, by its name, in seconds since 1970. A log that is missing: as far as its source has it. */
  readonly horizons: Readonly<Record<string, number>>;
  /** By the name of the budget group. A group that is missing: the default of its setting. */
  readonly requestsPerMinute: Readonly<Record<string, number>>;
  /** The most records of a page, by the name of the stream. A stream that is missing: as many as Zendesk gives. */
  readonly pageSizes: Readonly<Record<string, number>>;
};

/** All that the engine works with, for one account. */
export type Engine = {
  readonly account: string;
  readonly db: Database;
  /** For the pages of backfills: connections of their own, so that nothing else waits for them. */
  readonly bulk: Database;
  readonly zendesk: Zendesk;
  readonly clocks: Clocks;
  readonly ensurePartitions: EnsurePartitions;
  /** Every stream of the installation, also those that are not pulled. */
  readonly streams: readonly Stream[];
  /** What a request of the access log was about, by the rules of this installation. */
  readonly classify: Classify;
  readonly settings: EngineSettings;
  /** Names this process in leases and runs. */
  readonly holder: string;
  /** How long a lease lives without being renewed. */
  readonly leaseMs: number;
  readonly log: Log;
  /** Called with every event; for progress displays, metrics and traces. */
  readonly report: (event: SyncEvent) => void;
  /** How fast pages come, per stream; decides how many cursors are used. */
  readonly pace: Pace;
  /** How many records are asked for at once, per stream. */
  readonly pageSizes: PageSizes;
  /** When a page is believed to be the last, per stream. */
  readonly lastPages: LastPages;
  /** Divides the cursors between all backfills of the process. */
  readonly cursorShare: CursorShare;
  /** By the name of the log: spans with records that cannot be stored, as small as they could be made. */
  readonly unusable: Map<string, Spans>;
  /** The newest complete run of each stream and task: its record shows whether the database still has what it has stored. */
  readonly completed: Map<string, Run>;
  /** What other processes have left behind; shared by all accounts of the process. */
  readonly abandonedWork: AbandonedWork;
};

/** The priority of a request within its budget: lower goes first. */
export const priorities = { live: 0, listing: 1, rescan: 2, backfill: 3 } as const;

/** A running average of how long a page takes, per stream; forgets slowly. */
type Pace = {
  /** Notes one page: the longer of waiting for its answer and storing it, in milliseconds. */
  note(stream: string, pageMs: number): void;
  /** The average in milliseconds; 0 before the first page. */
  pageMs(stream: string): number;
};

/** The weight of the newest page. */
const weight = 0.3;

/** Creates a pace that knows nothing yet. */
export function createPace(): Pace {
  const averages = new Map<string, number>();
  return {
    note(stream, pageMs) {
      const before = averages.get(stream) ?? pageMs;
      averages.set(stream, before + weight * (pageMs - before));
    },
    pageMs: (stream) => averages.get(stream) ?? 0,
  };
}

/**
 * How many cursors of backfills one process has at once, as each costs memory and time. Where more backfills run than
 * that, each has one: an account that is paused or down would otherwise keep the cursor from the others.
 */
const cursorsPerProcess = 16;

/** Divides the cursors of a process between the backfills that run in it. */
export type CursorShare = {
  /** Takes part from now on. The function it returns ends that. */
  join(): () => void;
  /** How many cursors each of those that take part may have at present; at least one. */
  count(): number;
};

/**
 * Creates the share of one process. Nobody waits for a cursor: whoever has more than its share lets some end with their
 * spans, so that the account which comes last gets on at the same pace as the first.
 */
export function createCursorShare(cursors = cursorsPerProcess): CursorShare {
  let takers = 0;
  return {
    join() {
      takers += 1;
      let joined = true;
      return () => {
        if (joined) takers -= 1;
        joined = false;
      };
    },
    count: () => Math.max(1, Math.floor(cursors / Math.max(1, takers))),
  };
}
