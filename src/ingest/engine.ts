/** What the engine needs: the parts of one account, and what the accounts of a process share. */
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

/** The settings of the engine. */
export type EngineSettings = {
  /** How long after its own time stamp a record may still appear. */
  readonly settleSeconds: number;
  /** The ages at which a covered span is read again, in seconds. */
  readonly rescanAges: readonly number[];
  /**
   * How far back a log is wanted, by its name, in seconds since 1970. Without an entry: as far back as its source has it.
   */
  readonly horizons: Readonly<Record<string, number>>;
  /** By the name of the budget group. Without an entry: the default of its setting. */
  readonly requestsPerMinute: Readonly<Record<string, number>>;
  /** By the name of the budget group: its share of what others leave of the account's limit. A group that is missing keeps to its requests a minute. */
  readonly shares?: Readonly<Record<string, number>>;
  /** The largest number of records in a page, by the name of the stream. Without an entry: as many as Zendesk gives. */
  readonly pageSizes: Readonly<Record<string, number>>;
};

/** Everything that the engine needs for one account. */
export type Engine = {
  readonly account: string;
  readonly db: Database;
  /** Separate connections for the pages of backfills, so that nothing else waits for them. */
  readonly bulk: Database;
  readonly zendesk: Zendesk;
  /** How many requests a minute a budget group may send at present. */
  readonly requestsPerMinute: (group: string) => number;
  readonly clocks: Clocks;
  readonly ensurePartitions: EnsurePartitions;
  /** Whether pages leave their manifests for the sealed log: always, unless it is measured what that costs. */
  readonly seals: boolean;
  /** Every stream of the installation, including those that are not pulled. */
  readonly streams: readonly Stream[];
  /** Finds what a request of the access log was about, with the rules of this installation. */
  readonly classify: Classify;
  readonly settings: EngineSettings;
  /** Names this process in leases and runs. */
  readonly holder: string;
  /** How long a lease lives without being renewed. */
  readonly leaseMs: number;
  readonly log: Log;
  /** Called with every event; for progress displays, metrics and traces. */
  readonly report: (event: SyncEvent) => void;
  /** How fast pages arrive, per stream; decides how many cursors are used. */
  readonly pace: Pace;
  /** How many records are requested at once, per stream. */
  readonly pageSizes: PageSizes;
  /** When a last page is accepted, per stream. */
  readonly lastPages: LastPages;
  /** Divides the cursors among all backfills of the process. */
  readonly cursorShare: CursorShare;
  /** By the name of the log: spans with records that cannot be stored, divided as far as possible. */
  readonly unusable: Map<string, Spans>;
  /** The newest complete run of each stream and task: its record shows whether the database still has what it stored. */
  readonly completed: Map<string, Run>;
  /** Work that other processes have left unfinished; shared by all accounts of the process. */
  readonly abandonedWork: AbandonedWork;
};

/** The priority of a request within its budget: lower numbers go first. */
export const priorities = { live: 0, listing: 1, rescan: 2, backfill: 3, reconcile: 4 } as const;

/** A moving average of how long a page takes, per stream. */
type Pace = {
  /** Records one page: the longer of waiting for its answer and storing it, in milliseconds. */
  note(stream: string, pageMs: number): void;
  /** The average in milliseconds; 0 before the first page. */
  pageMs(stream: string): number;
};

/** The weight of the newest page. */
const weight = 0.3;

/** Creates an empty average. */
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
 * How many cursors for backfills one process has at once, because each costs memory and time. If more backfills run than
 * that, each has one: otherwise an account that is paused or down would keep the cursor from the others.
 */
const cursorsPerProcess = 16;

/** Divides the cursors of a process among its running backfills. */
export type CursorShare = {
  /** Joins the division. The function it returns leaves it. */
  join(): () => void;
  /** How many cursors each participant may have now; at least one. */
  count(): number;
};

/**
 * Creates the share of one process. No backfill waits for a cursor: one that has more than its share does not replace those
 * whose spans end, so that the last account is as fast as the first.
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
