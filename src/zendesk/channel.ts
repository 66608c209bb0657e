/** What everything that talks to one account shares. */
import type { Answer } from './answer.ts';
import type { Http } from './http.ts';
import type { Reach } from './reach.ts';
import type { Credentials, Secrets } from './secrets.ts';

/** The part of a pino logger that is used here. */
export type Log = {
  warn(details: Record<string, unknown>, message: string): void;
};

/** What logins and requests to one account share. */
export type Channel = {
  /** The account key, for log lines. */
  readonly account: string;
  readonly origin: string;
  readonly credentials: Credentials;
  /** Learns Zendesk's clock from an answer. */
  readonly observe: (answer: Answer) => void;
  readonly http: Http;
  readonly reach: Reach;
  readonly localNow: () => number;
  readonly log: Log;
  /** The first waiting time after a failure. */
  readonly retryBaseMs: number;
  readonly secrets: Secrets;
  /** Aborted when the connection is closed. */
  readonly closing: AbortSignal;
};
