/** A page of a log before and after it is stored. */
import type { Span, Spans } from '../span.ts';
import type { Fetch } from './fetch.ts';
import type { ReadPage } from './page-records.ts';
import type { QuarantinedRecord } from './quarantine.ts';
import type { PageRow } from './rows/copy.ts';
import type { PageReturns } from './rows/returns.ts';
import type { FormerStamps } from './rows/stamps.ts';
import type { PageCounts } from './rows/written.ts';

/** What a page means for its fetch: more pages follow; the span is complete; or the span is too dense. */
export type PageEnd =
  /** Without a cursor the next page is the rest of the span, and the fetch cannot continue after a stop. */
  | { readonly kind: 'more'; readonly nextCursor: string | undefined }
  | {
      readonly kind: 'complete';
      readonly coverage: Spans;
      /** The rescans that it completes, at each age. */
      readonly rescans: readonly { readonly ageSeconds: number; readonly span: Span }[];
    }
  /** Nothing is covered: the span is read again in shorter spans of this length. */
  | { readonly kind: 'split'; readonly spanSeconds: number };

/** One page, ready to be stored. */
export type PageToStore = Pick<ReadPage, 'rows'> &
  Partial<ReadPage> & {
    readonly fetch: Fetch;
    readonly pageSize: number;
    /** When the first page of the fetch was requested, whole seconds of the earliest clock. */
    readonly askedAt: number;
    /** What was covered already: a new row in there is late. */
    readonly covered: Spans;
    /** Rows whose record this run has seen with another time; by default, only those that the page itself shows. */
    readonly formers?: FormerStamps;
    /** What the run remembers of versions that came back; by default, such a version is a change. */
    readonly returns?: PageReturns;
    readonly end: PageEnd;
  };

/** A page that is now in the tables, and the fetch after it. */
export type StoredPage = {
  readonly fetch: Fetch;
  readonly counts: PageCounts;
  /** The records that went into quarantine. */
  readonly quarantined: readonly QuarantinedRecord[];
  /** Versions that came back and wait for the end of the span. */
  readonly returned?: readonly PageRow[];
};
