import { refuseInput } from '../errors.ts';

/** The streams that are logs. */
export type LogStream = 'audit_logs' | 'access_logs';

/** More rows in one second than a page holds. */
export interface Burst {
  stream: LogStream;
  /** The second in which they all happen; a `Date` or ISO 8601. */
  at: Date | string;
  count: number;
}

/** Rows that the API shows some time after their own time stamp (contract Q1, Q2). */
export interface Late {
  /** Which part of the rows comes late, 0 to 1; which ones is decided by the seed. */
  share: number;
  delaySeconds: number;
}

/** The erasure of a user's personal data from the audit log (contract Q7). */
export interface Erasure {
  /** From this instant on (the simulator's clock) the records come back blanked; a `Date` or ISO 8601. */
  after: Date | string;
  /** Whose data; default: the team member who was deleted last before `after`. */
  userId?: number;
}

/**
 * The forms of a `ratelimit-reset` header: `date` 2026-11-20T08:16:00Z, `http-date` as in the `Date` header, `epoch`
 * seconds since 1970, `seconds` from now; `none`: the header is left out.
 */
export type ResetForm = 'date' | 'http-date' | 'epoch' | 'seconds' | 'none';

/** What the simulator accepts as credentials. */
export interface Credentials {
  clientId: string;
  clientSecret: string;
  /** Whether the OAuth client is confidential; others get no token by client credentials (contract 6.1). */
  confidential: boolean;
  /** A bearer token that is always good, with the scope `read`; empty for none. */
  readyToken: string;
  /** The admin's e-mail of Basic authentication (contract 6.3). */
  email: string;
  /** The API token of Basic authentication; empty for none. */
  apiToken: string;
}

/** Everything that can be said about a simulated account. */
export interface SimulatorOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  host: string;
  /** Port to listen on; 0 (default) takes a free one. */
  port: number;
  /** The account's subdomain; it appears in the `url` of records. Default `acme`. */
  subdomain: string;
  /** Decides all data. Whole number; default 1. */
  seed: number;
  /** Team members at any one time, 1 to 10,000; default 40. From 7 on some leave now and then. */
  agents: number;
  /** How long before `anchor` the access log was switched on, 0 to 90 days; default 30. */
  accessLogDays: number;
  /** Mean over a week, 0 (no rows) to 5,000,000; default 5,000. */
  accessLogRowsPerDay: number;
  /** Rows a minute more from the first full minute after `anchor` on, at all hours: a lively tail; 0 (default) to 10,000. */
  accessLogLiveRowsPerMinute: number;
  /** How long before `anchor` the account was made, 0 to 1,800 days; default 365. */
  auditLogDays: number;
  /** Mean over a week, 0 (no rows) to 500,000; default 150. */
  auditLogRowsPerDay: number;
  /** From where the two above count back; default: the simulator's clock at start. Give it to survive restarts. */
  anchor: Date | null;
  /** Default none. */
  burst: Burst | null;
  /** Default none. */
  late: Late | null;
  /** A few records with content that breaks careless readers. Default false. */
  oddities: boolean;
  /** Default none. */
  erasure: Erasure | null;
  /** Whether time windows include the rows that lie exactly on a bound; the contract leaves it open (Q3). Default true. */
  inclusiveBounds: boolean;
  /** How long each answer takes at least, ms; default 0. */
  answerMs: number;
  /** Whether there are rate limits at all; default true. */
  limits: boolean;
  /** Default 700 (contract 0.2). */
  supportRequestsPerMinute: number;
  /** Default 50 (contract 4.3). */
  accessLogsRequestsPerMinute: number;
  /** How a 429 for access logs tells its wait in `ratelimit-reset` (contract 4.3, Q15); default `date`. */
  accessLogsResetForm: ResetForm;
  credentials: Credentials;
  /** Lifetime of minted tokens whatever was asked for; null (default): as asked, else 1,800. */
  tokenLifetimeSeconds: number | null;
  /** How the token answer tells `expires_in`; it "may be absent or null" (contract 6.1). Default `number`. */
  expiresInForm: 'number' | 'null' | 'absent';
  /** The OAuth client's ceiling; null: any name is granted, unknown ones are good for nothing. */
  allowedScopes: readonly string[] | null;
  /** Grants this scope instead of the one asked for; null (default): as asked. */
  grantedScope: string | null;
  /** How far the simulator's clock runs ahead of the machine's (negative: behind), ms; default 0. */
  clockOffsetMs: number;
  /** How many requests are remembered; default 10,000. */
  requestLogSize: number;
}

/** What can be given to `startSimulator`: any part of the options, credentials part by part too. */
export type SimulatorSettings = Partial<Omit<SimulatorOptions, 'credentials'>> & {
  credentials?: Partial<Credentials>;
};

/** The credentials that work when nothing else is said. */
export const DEFAULT_CREDENTIALS: Credentials = {
  clientId: 'log-puller',
  clientSecret: 'simulator-client-secret',
  confidential: true,
  readyToken: 'simulator-ready-token',
  email: 'integration@acme.example',
  apiToken: 'simulator-api-token',
};

const DEFAULTS: Omit<SimulatorOptions, 'credentials'> = {
  host: '127.0.0.1',
  port: 0,
  subdomain: 'acme',
  seed: 1,
  agents: 40,
  accessLogDays: 30,
  accessLogRowsPerDay: 5000,
  accessLogLiveRowsPerMinute: 0,
  auditLogDays: 365,
  auditLogRowsPerDay: 150,
  anchor: null,
  burst: null,
  late: null,
  oddities: false,
  erasure: null,
  inclusiveBounds: true,
  answerMs: 0,
  limits: true,
  supportRequestsPerMinute: 700,
  accessLogsRequestsPerMinute: 50,
  accessLogsResetForm: 'date',
  tokenLifetimeSeconds: null,
  expiresInForm: 'number',
  allowedScopes: ['read', 'auditlogs:read', 'users:read'],
  grantedScope: null,
  clockOffsetMs: 0,
  requestLogSize: 10_000,
};

/** Fills in the defaults. Throws `bad_input` that lists every value out of bounds. */
export function resolveOptions(settings: SimulatorSettings): SimulatorOptions {
  const options = {
    ...DEFAULTS,
    ...settings,
    credentials: { ...DEFAULT_CREDENTIALS, ...settings.credentials },
  };
  const problems: string[] = [];
  const whole = (name: string, value: number, low: number, high: number): void => {
    if (!(Number.isSafeInteger(value) && value >= low && value <= high))
      problems.push(`${name} must be a whole number from ${low} to ${high}.`);
  };
  const within = (name: string, value: number, low: number, high: number): void => {
    if (!(value >= low && value <= high)) problems.push(`${name} must be from ${low} to ${high}.`);
  };
  const instant = (name: string, value: Date | string): void => {
    if (Number.isNaN(new Date(value).getTime()))
      problems.push(`${name} must be a Date or ISO 8601.`);
  };
  whole('port', options.port, 0, 65_535);
  whole('seed', options.seed, -(2 ** 31), 2 ** 32);
  whole('agents', options.agents, 1, 10_000);
  whole('supportRequestsPerMinute', options.supportRequestsPerMinute, 1, 100_000);
  whole('accessLogsRequestsPerMinute', options.accessLogsRequestsPerMinute, 1, 100_000);
  whole('requestLogSize', options.requestLogSize, 1, 1_000_000);
  within('accessLogDays', options.accessLogDays, 0, 90);
  within('accessLogRowsPerDay', options.accessLogRowsPerDay, 0, 5_000_000);
  within('accessLogLiveRowsPerMinute', options.accessLogLiveRowsPerMinute, 0, 10_000);
  within('auditLogDays', options.auditLogDays, 0, 1800);
  within('auditLogRowsPerDay', options.auditLogRowsPerDay, 0, 500_000);
  within('answerMs', options.answerMs, 0, 600_000);
  if (options.anchor !== null) instant('anchor', options.anchor);
  if (options.burst !== null) {
    instant('burst.at', options.burst.at);
    within('burst.count', options.burst.count, 0, 100_000);
  }
  if (options.late !== null) {
    within('late.share', options.late.share, 0, 1);
    within('late.delaySeconds', options.late.delaySeconds, 0, 86_400 * 7);
  }
  if (options.erasure !== null) instant('erasure.after', options.erasure.after);
  if (problems.length > 0) throw refuseInput(problems);
  return options;
}
