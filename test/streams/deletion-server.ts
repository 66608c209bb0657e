/**
 * A Zendesk with only the deletion log, tokens and people: written by hand, with its own pages, its own limit and its own
 * way to report it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A record of the deletion log as the server sends it. */
export type Deletion = {
  readonly number: number;
  readonly deleted_at: string;
  readonly deleter_id: number | null;
  readonly kind: string;
  readonly copies: unknown;
  readonly title: string;
  readonly [field: string]: unknown;
};

/** The server, and its requests. */
export type DeletionServer = {
  readonly origin: string;
  /** Its records, in the order of time and number; the test may change them. */
  readonly records: Deletion[];
  /** The queries of the requests for deletions so far, answered or not. */
  readonly asked: URLSearchParams[];
  /** How many requests were answered with 429. */
  refused(): number;
  /** Answers so many requests for deletions from now on; further ones wait for the next call. */
  allow(requests: number): void;
  /** From now on it answers so many requests for deletions a minute, and any further one with a 429 without a hint. */
  limit(requestsPerMinute: number): void;
  /** From now on it answers every request for deletions with that status. */
  refuse(status: number): void;
  /** Sets the clock of the `Date` header ahead of this machine's. */
  setClockAhead(ms: number): void;
  stop(): Promise<void>;
};

const token = 'a-token-of-the-deletion-server';

/** Starts the server; it answers any number of requests by default. */
export async function startDeletionServer(records: readonly Deletion[]): Promise<DeletionServer> {
  const known = [...records];
  const asked: URLSearchParams[] = [];
  const waiting: (() => void)[] = [];
  let allowed = Infinity;
  let perMinute = Infinity;
  let refusals = 0;
  let answeredAtMs: number[] = [];
  let aheadMs = 0;
  let refusedWith: number | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    if (url.pathname === '/oauth/tokens')
      return send(response, 201, { access_token: token, scope: 'read', expires_in: 7200 });
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(response, 401, { error: 'invalid_token' });
    if (url.pathname === '/api/v2/users/show_many') return send(response, 200, lookUp(url));
    if (url.pathname === '/api/v2/users')
      return send(response, 200, { users: [], meta: { has_more: false } });
    if (url.pathname !== '/api/v2/deletions')
      return send(response, 404, { error: 'InvalidEndpoint', description: 'Not found' });
    asked.push(url.searchParams);
    if (refusedWith !== undefined)
      return send(response, refusedWith, { error: { title: 'Forbidden', message: 'No access' } });
    if (allowed > 0) allowed -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const nowMs = performance.now();
    answeredAtMs = answeredAtMs.filter((atMs) => nowMs - atMs < 60_000);
    if (answeredAtMs.length >= perMinute) {
      refusals += 1;
      return send(response, 429, { error: 'too many' });
    }
    answeredAtMs.push(nowMs);
    return send(response, 200, list(known, url.searchParams));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records: known,
    asked,
    refused: () => refusals,
    allow(requests) {
      allowed = requests;
      for (const resume of waiting.splice(0, requests)) {
        allowed -= 1;
        resume();
      }
    },
    limit(requestsPerMinute) {
      perMinute = requestsPerMinute;
    },
    refuse(status) {
      refusedWith = status;
    },
    setClockAhead(ms) {
      aheadMs = ms;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** One page: records from `since` to `until`, both included, after the number `after`. */
function list(records: readonly Deletion[], query: URLSearchParams): unknown {
  const since = Date.parse(query.get('since') ?? '');
  const until = Date.parse(query.get('until') ?? '');
  const after = Number(query.get('after') ?? -1);
  const limit = Number(query.get('limit'));
  const found = records.filter(({ number, deleted_at: at }) => {
    const ms = Date.parse(at);
    return since <= ms && ms <= until && number > after;
  });
  return { deletions: found.slice(0, limit), more: found.length > limit };
}

function lookUp(url: URL): unknown {
  const ids = (url.searchParams.get('ids') ?? '').split(',').map(Number);
  return { users: ids.map((id) => ({ id, name: `Person ${id}`, role: 'agent', active: true })) };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
