import type { ErrorCode } from '../errors.ts';
import type { FetchKind } from '../database/fetches.ts';
import type { RunCounts, RunOutcome, Task } from '../database/runs.ts';
import type { Span } from '../span.ts';

/** The moments of a page's way, in epoch milliseconds of the local clock. */
export type PageTimes = {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly writtenFromMs: number;
  readonly writtenMs: number;
};

/** What the engine tells whoever watches: nothing in here is needed for the work itself. */
export type SyncEvent =
  | {
      readonly type: 'page';
      readonly stream: string;
      readonly kind: FetchKind | 'listing';
      /** Records in the page. Those that are neither new nor changed were there already. */
      readonly rows: number;
      readonly newRows: number;
      readonly changedRows: number;
      /** New rows in a span that counted as covered. */
      readonly lateRows: number;
      /** Requests of the access log that no rule knows. */
      readonly unclassifiedRows: number;
      /** The span being read and how far into it the page reached, in seconds since 1970. */
      readonly span: Span | undefined;
      readonly reached: number | undefined;
      /** Whether the span ends with this page. */
      readonly last: boolean;
    }
  /** The share of the wanted time that is covered, between 0 and 1, and how long that time is; sent when it is known anew. */
  | {
      readonly type: 'covered';
      readonly stream: string;
      readonly share: number;
      readonly wantedSeconds: number;
    }
  /** Requests left in the budget of the current minute. */
  | { readonly type: 'budget'; readonly group: string; readonly left: number }
  | {
      readonly type: 'pause';
      readonly group: string;
      readonly waitMs: number;
      readonly reason: string;
    }
  /** A request to Zendesk is over. `status` is undefined when no complete answer came. */
  | {
      readonly type: 'request';
      readonly endpoint: string;
      readonly status: number | undefined;
      readonly durationMs: number;
    }
  /** A page is stored. */
  | (PageTimes & {
      readonly type: 'page-stored';
      readonly stream: string;
      readonly task: Task;
      readonly rows: number;
      readonly newRows: number;
      readonly changedRows: number;
      readonly requestId: string | undefined;
    })
  /** A run has begun: this process holds the lease. `run` is its number in the ledger. */
  | {
      readonly type: 'run-started';
      readonly stream: string;
      readonly task: Task;
      readonly run: string;
    }
  /** A run has ended, or could not begin: `failed` also when not even that could be recorded, `busy` for another holder. */
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
  | { readonly type: 'waiting-for-lease'; readonly stream: string; readonly holder: string };
