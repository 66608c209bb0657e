/** One Zendesk account over HTTP: login, budget, one attempt, the check of its answer, and the next attempt. */
import {
  readAnswer,
  readOrderAnswer,
  refuseAnswer,
  type Answer,
  type OrderAnswer,
} from './answer.ts';
import type { Proxy } from '../proxy.ts';
import { learnClock, readAgeMs, unknownClock, type ZendeskClock } from './clock.ts';
import { createHttp, type FinishedRequest } from './http.ts';
import type { Channel, Log } from './channel.ts';
import { createLogins, type GrantFacts } from './login.ts';
import type { LoginKeeper } from './login-keeper.ts';
import { findLossy, parseRecord } from './lossy-records.ts';
import { cutList } from './list-cutter.ts';
import { isObject } from './paging.ts';
import {
  exchange,
  type Budget,
  type Connection,
  type Exchange,
  type ObjectRequest,
  type OrderRequest,
  type Page,
  type PageRequest,
} from './request.ts';
import { createReach } from './reach.ts';
import { usualPolicy } from './retry.ts';
import { createSecrets, type Credentials } from './secrets.ts';

/** One Zendesk account over HTTP. Every rejection is a `KnownError`, the signal's reason, or an error of the budget. */
export type Zendesk = {
  readPage(request: PageRequest, signal: AbortSignal): Promise<Page>;
  /** The parsed JSON object. */
  readObject(request: ObjectRequest, signal: AbortSignal): Promise<unknown>;
  /** Sends a POST once: without an answer nobody knows whether the order was accepted, and it must not be sent twice. */
  placeOrder(request: OrderRequest, signal: AbortSignal): Promise<OrderAnswer>;
  /** What its answers so far say about Zendesk's clock. */
  clock(): ZendeskClock;
  /** Ends running requests and closes idle connections. Waits for a token request whose answer must not be lost. */
  close(): Promise<void>;
};

export type ZendeskOptions = {
  /** Scheme, host and port without a path; the only place that receives the credentials. */
  readonly origin: string;
  readonly credentials: Credentials;
  /** Where the tokens of a login by refresh token are kept; needed for such credentials. */
  readonly keeper?: LoginKeeper | undefined;
  /** The proxy to use for it. */
  readonly proxy?: Proxy | undefined;
  /** OAuth scope to ask for: names separated by spaces. */
  readonly scope: string;
  /** The account key, for log lines. */
  readonly account: string;
  readonly budget: Budget;
  readonly log: Log;
  /**
   * Is called with every answer to a request that the budget counts, with the account-wide requests per minute; undefined if
   * the answer does not say (contract 0.2, 4.3).
   */
  readonly onAnswer?: (answer: { readonly limit: number | undefined }) => void;
  /** Is called with every minted token, before its scope is compared with the requested one. */
  readonly onGrant?: (grant: GrantFacts) => void;
  /** Is called with each finished request, including repeated ones, but not with those that a signal ended. */
  readonly onRequest?: (request: FinishedRequest) => void;
  /** The first waiting time after a failure, doubled each time. Default 1000. */
  readonly retryBaseMs?: number;
  /** The largest size in bytes of an answer, compressed and decompressed. Default 64 MB. */
  readonly largestAnswerBytes?: number;
  /** Limit of one attempt, from the connection to the last byte. Default 60000. */
  readonly requestTimeoutMs?: number;
  /** The local clock in epoch milliseconds. Default `Date.now`. */
  readonly localNow?: () => number;
};

const usualTimeoutMs = 60_000;
/** Far above any page. */
const usualLargestBytes = 64 * 1024 * 1024;
/** A hundred people or tickets. */
const largestObjectBytes = 16 * 1024 * 1024;
/** The status that says that an order was accepted. */
const largestReceiptBytes = 1024 * 1024;

/** Connects to one account. Nothing is sent before the first request. */
export function createZendesk(options: ZendeskOptions): Zendesk {
  const { account, budget, credentials, log, origin, proxy } = options;
  const localNow = options.localNow ?? Date.now;
  const timeoutMs = options.requestTimeoutMs ?? usualTimeoutMs;
  const closing = new AbortController();
  const secrets = createSecrets(credentials, proxy);
  const reach = createReach();
  let clock = unknownClock;
  const largestBytes = options.largestAnswerBytes ?? usualLargestBytes;
  const { onRequest } = options;
  const http = createHttp({ origin, proxy, timeoutMs, largestBytes, localNow, secrets, onRequest });
  const channel: Channel = {
    account,
    origin,
    credentials,
    reach,
    observe(answer) {
      reach.noteAnswer();
      const { date, age } = answer.headers;
      clock = learnClock(clock, { ...answer, date, age });
    },
    http,
    localNow,
    log,
    retryBaseMs: options.retryBaseMs ?? usualPolicy.baseMs,
    secrets,
    closing: closing.signal,
  };
  const { keeper, onAnswer, onGrant, scope } = options;
  const logins = createLogins({ ...channel, keeper, scope, onGrant });
  const connection: Connection = { ...channel, budget, logins, onAnswer };

  return {
    readPage: (asked, signal) => readPage(connection, asked, signal),
    readObject: (asked, signal) => readObject(connection, asked, signal),
    placeOrder: (asked, signal) => placeOrder(connection, asked, signal),
    clock: () => clock,
    async close() {
      closing.abort(new Error('the connection to Zendesk was closed'));
      await logins.settle();
      http.close();
    },
  };
}

function readPage(connection: Connection, asked: PageRequest, signal: AbortSignal): Promise<Page> {
  const { cursor, paging, parameters } = asked;
  let { pageSize } = asked;
  let shrinks = 0;
  let wasAnswered = false;
  const request: Exchange<Page> = {
    asked,
    method: 'GET',
    // All parameters are sent again with each cursor, because links of the answer are never followed (contract 0.3, Q17).
    parameters: () => [...parameters, ...paging.parameters({ pageSize, cursor })],
    read(answer) {
      const mayCut = wasAnswered;
      wasAnswered ||= answer.status === 200;
      const { json, cut } = parseList(connection, answer, asked, mayCut);
      const envelope = paging.read(json, { pageSize, cursor });
      if ('fault' in envelope) throw refuseAnswer(answer, envelope.fault);
      const { body, headers, requestId, sentAtMs, receivedAtMs, unpackAgain } = answer;
      const moments = { sentAtMs, receivedAtMs, ageMs: readAgeMs(headers.age) };
      let elements = cut?.elements;
      // Without `body`, which would be in memory until the page is stored.
      const originals = (): readonly Buffer[] =>
        (elements ??= cutList(unpackAgain(), paging.itemsKey)?.elements ?? []);
      const lossy = findLossy(answer, json, envelope.records, originals);
      return {
        isSaidLast: false,
        ...envelope,
        ...moments,
        originals,
        lossy,
        pageSize,
        bytes: body.length,
        requestId,
      };
    },
    // First a half, then a quarter of that, then an eighth: the last of six attempts asks for a single record.
    onShrink() {
      shrinks += 1;
      pageSize = Math.max(1, Math.floor(pageSize / 2 ** shrinks));
      asked.onShrink?.(pageSize);
    },
  };
  return exchange(connection, request, signal);
}

/**
 * The JSON of a page. If one record makes it invalid JSON, also in a second answer, the list is cut into its records.
 */
function parseList(
  connection: Connection,
  answer: Answer,
  { cursor, paging }: PageRequest,
  mayCut: boolean,
): { readonly json: unknown; readonly cut?: ReturnType<typeof cutList> } {
  try {
    return { json: parse(connection, answer, cursor) };
  } catch (error) {
    const cut = mayCut && answer.status === 200 ? cutList(answer.body, paging.itemsKey) : undefined;
    if (cut === undefined) throw error;
    const json = parse(connection, { ...answer, body: cut.envelope }, cursor);
    const records = cut.elements.map(parseRecord);
    return { json: isObject(json) ? { ...json, [paging.itemsKey]: records } : json, cut };
  }
}

function readObject(
  connection: Connection,
  asked: ObjectRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const request: Exchange<unknown> = {
    asked,
    method: 'GET',
    largestBytes: largestObjectBytes,
    parameters: () => asked.parameters,
    read(answer) {
      const json = parse(connection, answer);
      if (!isObject(json)) throw refuseAnswer(answer, 'is not a JSON object');
      return json;
    },
  };
  return exchange(connection, request, signal);
}

function placeOrder(
  connection: Connection,
  asked: OrderRequest,
  signal: AbortSignal,
): Promise<OrderAnswer> {
  const request: Exchange<OrderAnswer> = {
    asked,
    method: 'POST',
    attempts: 1,
    pauses: 1,
    largestBytes: largestReceiptBytes,
    parameters: () => asked.parameters,
    read(answer) {
      const result = readOrderAnswer(answer, asked.limit, connection.localNow());
      if (result !== undefined) return result;
      parse(connection, answer);
      throw refuseAnswer(answer, 'neither accepts nor refuses the order');
    },
  };
  return exchange(connection, request, signal);
}

function parse({ origin, localNow }: Connection, answer: Answer, cursor?: string): unknown {
  return readAnswer(answer, { cursorSent: cursor !== undefined, origin, localNow });
}
