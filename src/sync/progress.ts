import type { FetchKind } from '../postgres/fetches.ts';
import type { Span } from '../span.ts';

/** What the engine tells whoever watches: nothing in here is needed for the work itself. */
export type SyncEvent =
  | {
      readonly type: 'page';
      readonly stream: string;
      readonly kind: FetchKind | 'listing';
      /** Records in the page, and how many of them were stored for the first time. */
      readonly rows: number;
      readonly newRows: number;
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
  | { readonly type: 'waiting-for-lease'; readonly stream: string; readonly holder: string };
