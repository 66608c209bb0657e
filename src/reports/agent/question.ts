/** What one agent viewed, searched, exported and changed, by time; or everybody from one address. */
import type { AccessOutcome, AccessSpan } from '../shared/accesses.ts';
import type { FieldChoice, RequestRow } from '../shared/record-fields.ts';

/** The requests of one agent, by id; or those from one address or network. */
export type TimelineFilter = AccessSpan &
  ({ readonly agent: string } | { readonly network: string });

/** What a line of the timeline is. */
export type TimelineLines = {
  /** A request, instead of a visit. */
  readonly requests: boolean;
  /** How much of the record of each request to show. */
  readonly fields: FieldChoice;
};

/**
 * One search, export, write or reading of a credential; or requests of another kind for one resource, with at most 30
 * minutes between two of them.
 */
export type TimelineRow = RequestRow & {
  readonly last_at: Date;
  readonly user_id: string | null;
  readonly kind: string;
  readonly outcome: AccessOutcome;
  readonly resource_type: string | null;
  readonly resource_id: string | null;
  readonly search_query: string | null;
  readonly requests: number;
  /** Addresses of the requests, separated by commas. */
  readonly addresses: string | null;
};

/** The timeline in numbers; each request counts once. */
export type TimelineTotals = {
  readonly requests: number;
  readonly denied: number;
  readonly agents: number;
  readonly addresses: number;
  readonly first_at: Date | null;
  readonly last_at: Date | null;
  /** Answered requests by kind, largest first: "view 4, search 1"; null: none. */
  readonly kinds: string | null;
  /** Different resources in answered requests by type, largest first: "ticket 2, user 1"; null: none. */
  readonly resources: string | null;
};

/** The meaning of rows that are visits. */
export const meaning =
  'Requests of one kind for one thing are one visit while there are at most 30 minutes between them. Each search, export, write and reading of a credential is listed separately. Add --requests to show each request.';
