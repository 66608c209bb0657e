/** The only user of got: one attempt of one request, and its answer as bytes. Decides nothing. */
import { Agent as HttpAgent, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got from 'got';
import { version } from '../version.ts';
import { unpackBody } from './body.ts';
import { AttemptError } from './failure.ts';
import { nameEndpoint } from './endpoint.ts';
import type { FinishedRequest } from './interface.ts';
import type { Secrets } from './secrets.ts';

/** Below the origin; everything else about a request is fixed. */
export type HttpRequest = {
  /** Starts with a slash. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  json?: Readonly<Record<string, unknown>>;
  /** For a POST without a body. */
  method?: 'POST';
};

export type HttpAnswer = {
  status: number;
  headers: IncomingHttpHeaders;
  /** Decompressed. Empty for an error answer that cannot be decompressed. */
  body: Buffer;
  requestId: string | undefined;
  /** Local clock, epoch milliseconds. */
  sentAtMs: number;
  receivedAtMs: number;
};

export type Http = {
  /**
   * @throws {AttemptError} `no-answer` or `broken-answer`
   * @throws the signal's reason
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Closes idle connections. */
  close(): void;
};

const userAgent = `zendesk-log-sync/${version}`;
/** Idle connections are dropped before load balancers drop them, which would cost an attempt. */
const idleMs = 5_000;

/**
 * Sends requests to one origin. Redirects are not followed, certificates are verified whatever the environment says, and
 * nothing is retried here.
 */
export function createHttp(options: {
  origin: string;
  timeoutMs: number;
  localNow: () => number;
  secrets: Secrets;
  onRequest?: ((request: FinishedRequest) => void) | undefined;
}): Http {
  const { origin } = new URL(options.origin);
  const keep = { keepAlive: true, scheduling: 'lifo', timeout: idleMs } as const;
  const agent = { http: new HttpAgent(keep), https: new HttpsAgent(keep) };

  return {
    async send(request, signal) {
      const url = new URL(request.path, origin);
      // A path such as //other.example would name another host, which must never see the credentials.
      if (url.origin !== origin) throw new Error('a request may only name a path');
      url.search = request.query.toString();
      signal.throwIfAborted();
      const sentAtMs = options.localNow();
      const startedMs = performance.now();
      const report = (status: number | undefined): void =>
        options.onRequest?.({
          endpoint: nameEndpoint(request.path),
          status,
          durationMs: performance.now() - startedMs,
        });
      const response = await got(url, {
        method: request.method ?? (request.json === undefined ? 'GET' : 'POST'),
        ...(request.json === undefined ? {} : { json: request.json }),
        headers: {
          ...request.headers,
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': userAgent,
        },
        responseType: 'buffer',
        decompress: false,
        followRedirect: false,
        throwHttpErrors: false,
        retry: { limit: 0 },
        timeout: { request: options.timeoutMs },
        https: { rejectUnauthorized: true },
        agent,
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        report(undefined);
        throw toFailure(error, options.secrets);
      });
      const receivedAtMs = options.localNow();
      report(response.statusCode);
      const status = response.statusCode;
      const requestId = readRequestId(response.headers);
      const packed = response.body;
      const body = await unpackBody(
        Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength),
        response.headers['content-encoding'],
      ).catch((): Buffer => {
        if (status >= 300) return Buffer.alloc(0);
        const fault = 'cannot be decompressed';
        throw new AttemptError({ kind: 'broken-answer', status, requestId, fault });
      });
      return { status, headers: response.headers, body, requestId, sentAtMs, receivedAtMs };
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

/** got's errors carry the request with its Authorization header: nothing of them goes on but name, code and message. */
function toFailure(error: unknown, secrets: Secrets): AttemptError {
  const cause = secrets.plainError(error);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return new AttemptError({ kind: 'no-answer', code, cause });
}

function readRequestId(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-request-id'] ?? headers['x-zendesk-request-id'];
  return typeof id === 'string' && /^[\w.:-]{1,100}$/.test(id) ? id : undefined;
}
