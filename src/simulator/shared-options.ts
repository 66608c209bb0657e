import { instant, whole, within, type OptionChecks } from './checks.ts';

/** More rows in one second than a page holds. */
export type Burst = {
  /** The log's name. */
  readonly stream: string;
  /** The second in which they all happen; a `Date` or ISO 8601. */
  readonly at: Date | string;
  readonly count: number;
};

/** Rows that the API shows some time after their own time stamp (contract Q1, Q2). */
type Late = {
  /** Which part of the rows comes late, 0 to 1; which ones is decided by the seed. */
  readonly share: number;
  readonly delaySeconds: number;
};

/** What the simulator accepts as credentials. */
export type AcceptedCredentials = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whether the OAuth client is confidential; others get no token by client credentials (contract 6.1). */
  readonly confidential: boolean;
  /** A bearer token that is always good, with the scopes `read` and `write`; empty for none. */
  readonly readyToken: string;
  /** The admin's e-mail of Basic authentication (contract 6.3). */
  readonly email: string;
  /** The API token of Basic authentication; empty for none. */
  readonly apiToken: string;
};

/** The options of a simulated account with any logs; each log adds its own options. */
export type SharedOptions = {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host: string;
  /** Port to listen on; 0 (default) takes a free one. */
  readonly port: number;
  /** The account's subdomain; it appears in the `url` of records. Default `acme`. */
  readonly subdomain: string;
  /** Decides all data. Whole number; default 1. */
  readonly seed: number;
  /** Team members at any one time, 1 to 10,000; default 40. From 7 on, some of them leave from time to time. */
  readonly agents: number;
  /**
   * The moment from which the days of the logs count back; default: the simulator's clock at start. Set it to keep the same
   * data after a restart.
   */
  readonly anchor: Date | null;
  /** Many rows in one second; default none. */
  readonly burst: Burst | null;
  /** Rows that are shown late; default none. */
  readonly late: Late | null;
  /** A few records with content that breaks careless readers. Default false. */
  readonly oddities: boolean;
  /** Whether time windows include the rows exactly on a bound; Zendesk does not say (contract Q3). Default true. */
  readonly inclusiveBounds: boolean;
  /** How long each answer takes at least, ms; default 0. */
  readonly answerMs: number;
  /** Whether there are rate limits at all; default true. */
  readonly limits: boolean;
  /** Default 700 (contract 0.2). */
  readonly supportRequestsPerMinute: number;
  readonly credentials: AcceptedCredentials;
  /** Lifetime of minted tokens, whatever was requested; null (default): as requested, otherwise 1,800. */
  readonly tokenLifetimeSeconds: number | null;
  /** Lifetime of refresh tokens, whatever was requested; null (default): as requested, otherwise 30 days. */
  readonly refreshLifetimeSeconds: number | null;
  /**
   * Whether the client was created before access tokens had to expire: then it gets a refresh token only if it requests a
   * lifetime.
   */
  readonly isOldClient: boolean;
  /** The redirect URLs of the OAuth client; null (default): any that Zendesk would accept. */
  readonly redirectUrls: readonly string[] | null;
  /** The answer of the person who is asked to allow the client. Default `allow`. */
  readonly consent: 'allow' | 'deny';
  /** How the token answer contains `expires_in`; it "may be absent or null" (contract 6.1). Default `number`. */
  readonly expiresInForm: 'number' | 'null' | 'absent';
  /** The largest scope of the OAuth client; null: any name is granted, but unknown ones are useless. */
  readonly allowedScopes: readonly string[] | null;
  /** Grants this scope instead of the requested one; null (default): as requested. */
  readonly grantedScope: string | null;
  /** How far the simulator's clock is ahead of the machine's (negative: behind), ms; default 0. */
  readonly clockOffsetMs: number;
  /** How many requests are remembered; default 10,000. */
  readonly requestLogSize: number;
};

/** The default credentials. */
export const DEFAULT_CREDENTIALS: AcceptedCredentials = {
  clientId: 'log-puller',
  clientSecret: 'simulator-client-secret',
  confidential: true,
  readyToken: 'simulator-ready-token',
  email: 'integration@acme.example',
  apiToken: 'simulator-api-token',
};

/** The default options. */
export const SHARED_DEFAULTS: SharedOptions = {
  host: '127.0.0.1',
  port: 0,
  subdomain: 'acme',
  seed: 1,
  agents: 40,
  anchor: null,
  burst: null,
  late: null,
  oddities: false,
  inclusiveBounds: true,
  answerMs: 0,
  limits: true,
  supportRequestsPerMinute: 700,
  credentials: DEFAULT_CREDENTIALS,
  tokenLifetimeSeconds: null,
  refreshLifetimeSeconds: null,
  isOldClient: false,
  redirectUrls: null,
  consent: 'allow',
  expiresInForm: 'number',
  allowedScopes: ['read', 'write', 'auditlogs:read', 'users:read'],
  grantedScope: null,
  clockOffsetMs: 0,
  requestLogSize: 10_000,
};

/** The bounds of the numbers, and what must be a time. */
export const SHARED_CHECKS: OptionChecks = {
  port: whole(0, 65_535),
  seed: whole(-(2 ** 31), 2 ** 32),
  agents: whole(1, 10_000),
  supportRequestsPerMinute: whole(1, 100_000),
  requestLogSize: whole(1, 1_000_000),
  answerMs: within(0, 600_000),
  anchor: instant,
};

/** The same for what disturbs the logs. */
export const DISTURBANCE_CHECKS: OptionChecks = {
  'burst.at': instant,
  'burst.count': within(0, 100_000),
  'late.share': within(0, 1),
  'late.delaySeconds': within(0, 86_400 * 90),
};
