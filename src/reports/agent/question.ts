/** What one agent looked at, searched, exported and changed, by time. */
import type { AccessOutcome, AccessSpan } from '../shared/accesses.ts';
import type { FieldChoice, RequestRow } from '../shared/record-fields.ts';

/** One agent's requests. */
export type AgentFilter = AccessSpan & {
  /** Id of the agent. */
  readonly agent: string;
};

/** What a line of the timeline is. */
export type TimelineLines = {
  /** A request, instead of a visit. */
  readonly requests: boolean;
  /** How much of the record of each request is wanted. */
  readonly fields: FieldChoice;
};

/**
 * One search, export, write or reading of a credential; or requests of another kind for one thing, with no more than 30
 * minutes between two of them.
 */
export type TimelineRow = RequestRow & {
  readonly last_at: Date;
  readonly kind: string;
  readonly outcome: AccessOutcome;
  readonly resource_type: string | null;
  readonly resource_id: string | null;
  readonly search_query: string | null;
  readonly requests: number;
  /** Addresses of the requests, separated by commas. */
  readonly addresses: string | null;
};

/** What the agent did in numbers; each request counts once. */
export type TimelineTotals = {
  readonly requests: number;
  readonly denied: number;
  readonly addresses: number;
  readonly first_at: Date | null;
  readonly last_at: Date | null;
};

/** Requests of one kind that were answered. */
export type KindTotals = { readonly kind: string; readonly requests: number };

/** Different resources of one type that answered requests named. */
export type NamedTotals = { readonly resource_type: string; readonly resources: number };

/** How rows are read that are visits. */
export const meaning =
  'Requests of one kind for one thing are one visit while there are at most 30 minutes between them. Each search, export, write and reading of a credential is listed separately. Add --requests to show each request.';
