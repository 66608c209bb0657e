/** What this folder offers to the engine and what it wants from it. */
import type { Credentials } from './credentials.ts';
import type { Paging } from './paging.ts';
import type { Needs } from './refusal.ts';

/** A group of endpoints that share one limit. */
export type BudgetGroup = {
  readonly name: string;
  /** Whether that is the limit of the account, of which the customer's other integrations keep the last fifth. */
  readonly sharesAccountLimit: boolean;
};

/** The requests per minute of the account by the names of its groups, shared by every process; given by the caller. */
export type Budget = {
  /** Resolves when one request of the group may be sent; rejects with the signal's reason when it aborts. */
  take(group: string, priority: number, signal: AbortSignal): Promise<void>;
  /** Stops the group for everybody from now on for `waitMs`. Resolves when that is noted, not when it is over. */
  pause(group: string, waitMs: number, reason: string): Promise<void>;
};

/** One answer that is not a list of pages: `show_many`, one user. */
export type ObjectRequest = {
  group: BudgetGroup;
  /** Passed to the budget as it is. */
  priority: number;
  /** Path below the origin, without a query: `/api/v2/audit_logs`. */
  path: string;
  /** Own parameters without paging, in order, keys may repeat; sent with every page. */
  parameters: readonly (readonly [string, string])[];
  /** What access takes, for the sentence when Zendesk refuses. */
  needs: Needs;
};

/** One page of a list (contract 0.3, 4.1). */
export type PageRequest = ObjectRequest & {
  paging: Paging;
  pageSize: number;
  /** `nextCursor` of the page before; undefined for the first page. */
  cursor: string | undefined;
};

/** Work that Zendesk accepts now and delivers later by another way, such as the export of the audit log (contract 3). */
export type OrderRequest = ObjectRequest & {
  /** The name of its own limit, as in the header `zendesk-ratelimit-<name>`. */
  limit: string;
};

/** What became of an order. */
export type OrderAnswer = {
  /** False when the limit of such orders was used up: nothing was started. */
  accepted: boolean;
  /** Until Zendesk accepts the next one; undefined where it does not say. */
  nextInMs: number | undefined;
};

/** One page as answered; the records are not looked at. */
export type Page = {
  /** Integers beyond 2^53 arrive as strings of digits. */
  records: unknown[];
  /** Undefined on the last page. */
  nextCursor: string | undefined;
  /** The size that worked: the requested one, halved after each answer 504. */
  pageSize: number;
  /** When the answered request was sent, by the trusted clock. */
  sentAt: Date;
  /** Length of the answer's JSON text in bytes, after decompression. */
  bytes: number;
  /** Zendesk's `x-request-id`, for support cases. */
  requestId: string | undefined;
};

/** One Zendesk account over HTTP. Every rejection is a `KnownError`, the signal's reason, or an error of the budget. */
export type Zendesk = {
  readPage(request: PageRequest, signal: AbortSignal): Promise<Page>;
  /** The parsed JSON object. */
  readObject(request: ObjectRequest, signal: AbortSignal): Promise<unknown>;
  /** Sends a POST once: whether an order without an answer was accepted, nobody knows, and twice is not wanted. */
  placeOrder(request: OrderRequest, signal: AbortSignal): Promise<OrderAnswer>;
  /** The trusted clock: the local one, corrected when Zendesk's `Date` header shows that it is off by more than 5 s. */
  now(): Date;
  /** What the trusted clock adds to the local one; 0 while that is right. */
  clockSkewMs(): number;
  /** Ends running requests and closes idle connections. */
  close(): void;
};

/** The part of a pino logger that is used here. */
export type Log = {
  info(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
};

/** What an answer says besides its records, whatever its status. */
export type AnswerFacts = {
  /** The account-wide requests per minute; undefined where the answer does not say (contract 0.2, 4.3). */
  readonly limit: number | undefined;
};

/** What Zendesk granted with a minted token. */
export type GrantFacts = {
  /** Fit to be shown; undefined where the answer does not say. */
  readonly scope: string | undefined;
  readonly expiresInMs: number;
};

/** One request that is over. */
export type FinishedRequest = {
  /** What was asked for: `audit_logs`, `access_logs`, `users`, `oauth_tokens`. */
  endpoint: string;
  /** Undefined when no complete answer came. */
  status: number | undefined;
  durationMs: number;
};

export type ZendeskOptions = {
  /** Scheme, host and port without a path; the only place that receives the credentials. */
  origin: string;
  credentials: Credentials;
  /** OAuth scope to ask for with client credentials: names separated by spaces. */
  scope: string;
  /** The account key, for log lines. */
  account: string;
  budget: Budget;
  log: Log;
  /** Hears of every answer to a request that the budget counts. Default: nobody. */
  onAnswer?: (answer: AnswerFacts) => void;
  /** Hears of every minted token, before its scope is compared with what was asked for. Default: nobody. */
  onGrant?: (grant: GrantFacts) => void;
  /** Hears of each request once it is over, repeated ones included; not of those that were given up by a signal. */
  onRequest?: (request: FinishedRequest) => void;
  /** First back-off after a failure, doubled from one to the next. Default 1000. */
  retryBaseMs?: number;
  /** Limit of one attempt, from the connection to the last byte. Default 60000. */
  requestTimeoutMs?: number;
  /** The local clock in epoch milliseconds. Default `Date.now`. */
  localNow?: () => number;
};
