/** The words for the work of the engine, and its events (docs/telemetry.md). */
import type { ErrorCode } from '../errors.ts';
import type { Span } from '../span.ts';

/** What a run does: follow the log, fill its gaps, or list the people. */
export type Task = 'live' | 'backfill' | 'listing';

/** Why a span is read: the newest time; time before the log was followed; a gap since then; a covered span again. */
export type FetchKind = 'live' | 'backfill' | 'repair' | 'rescan';

/** The end of a run. Anything other than `complete` means that a part of the work was not done. */
export type RunOutcome = 'complete' | 'failed' | 'unavailable' | 'interrupted';

/** What a run did. */
export type RunCounts = {
  readonly requests: number;
  readonly new: number;
  readonly changed: number;
  readonly late: number;
};

/** The times of a page, in epoch milliseconds of the local clock. */
export type PageTimes = {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly writtenFromMs: number;
  readonly writtenMs: number;
};

/** A page is stored: its transaction is committed. */
export type PageEvent = {
  readonly type: 'page';
  readonly stream: string;
  readonly task: Task;
  readonly kind: FetchKind | 'listing';
  /** Records in the page. Those that are neither new nor changed were stored already. */
  readonly rows: number;
  readonly newRows: number;
  readonly changedRows: number;
  /** New rows in a span that counted as covered. */
  readonly lateRows: number;
  /** Records that no rule matches; undefined for a stream whose records are not classified. */
  readonly unclassifiedRows: number | undefined;
  /** The span being read and how far into it the page reached, in seconds since 1970; undefined for a listing. */
  readonly span: Span | undefined;
  readonly reached: number | undefined;
  /** Whether the span ends with this page. */
  readonly last: boolean;
  /** Zendesk's `x-request-id`. */
  readonly requestId: string | undefined;
  /** Undefined for people who were looked up by id. */
  readonly times: PageTimes | undefined;
};

/** What the engine reports to observers: the work itself does not need any of it. */
export type SyncEvent =
  | PageEvent
  /** The covered share of the wanted time, between 0 and 1, and the length of that time; sent when it has changed. */
  | {
      readonly type: 'covered';
      readonly stream: string;
      readonly share: number;
      readonly wantedSeconds: number;
    }
  /** The difference to add to the clock of this machine to get the others, in milliseconds; 0 while they agree. */
  | { readonly type: 'clocks'; readonly zendeskMs: number; readonly databaseMs: number }
  /** Requests left in the budget of the current minute. */
  | { readonly type: 'budget'; readonly group: string; readonly left: number }
  | {
      readonly type: 'pause';
      readonly group: string;
      readonly waitMs: number;
      readonly reason: string;
    }
  /**
   * No request may be sent: because of a pause that began earlier or in another process, or for more than a minute because
   * too many are counted.
   */
  | {
      readonly type: 'waiting-for-budget';
      readonly group: string;
      readonly waitMs: number;
      readonly isPaused: boolean;
      /** The reason of the pause, as recorded with it. */
      readonly reason: string | undefined;
    }
  /** A request to Zendesk has ended. `status` is undefined if there was no complete answer. */
  | {
      readonly type: 'request';
      readonly endpoint: string;
      readonly status: number | undefined;
      readonly durationMs: number;
    }
  /** A run has begun: this process holds the lease. `run` is its number in the ledger. */
  | {
      readonly type: 'run-started';
      readonly stream: string;
      readonly task: Task;
      readonly run: string;
    }
  /**
   * A run has ended, or could not begin: `failed` also if this could not be recorded, `busy` if another process holds the
   * lease.
   */
  | {
      readonly type: 'run';
      readonly stream: string;
      readonly task: Task;
      readonly outcome: RunOutcome | 'busy';
      readonly counts: RunCounts | undefined;
      /** Why it did not complete: the code, and a sentence. */
      readonly code: ErrorCode | undefined;
      readonly error: string | undefined;
    }
  /**
   * Another process holds the stream; reported with each check of its lease. `waitMs`: how much longer this process waits at
   * most.
   */
  | {
      readonly type: 'waiting-for-lease';
      readonly stream: string;
      readonly holder: string;
      readonly waitMs: number;
    }
  /**
   * What was stored is summed up and looked at by the rules, after everything was pulled: `done` of `total` days or parts
   * are done.
   */
  | {
      readonly type: 'examining';
      readonly what: 'rollups' | 'findings';
      readonly done: number;
      readonly total: number;
    };
