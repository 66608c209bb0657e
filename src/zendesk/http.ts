/** The only user of got: one attempt of one request, and its answer as bytes. Decides nothing. */
import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError, TimeoutError, type Got, type Request, type Response } from 'got';
import { foreignCodeOf } from '../errors.ts';
import { throughProxy, type Proxy } from '../proxy.ts';
import { version } from '../version.ts';
import { AttemptError, refuseAnswer, type Answer } from './answer.ts';
import { describeBytes, limitBytes, readRequestId } from './answer-limit.ts';
import type { Secrets } from './secrets.ts';
import { readBody, type Body } from './unpack.ts';

/** Below the origin; everything else about a request is fixed. */
type HttpRequest = {
  readonly method: 'GET' | 'POST';
  /** Starts with a slash. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Readonly<Record<string, unknown>>;
  /** The largest size in bytes of a good answer, if that is less than usual. */
  readonly largestBytes?: number | undefined;
};

/** One finished request. */
export type FinishedRequest = {
  /** A short name for what was requested, without ids: the collection (`audit_logs`), `oauth_tokens`, or `other`. */
  readonly endpoint: string;
  /** Undefined if there was no complete answer. */
  readonly status: number | undefined;
  readonly durationMs: number;
};

export type Http = {
  /**
   * @throws {AttemptError} `no-answer` or `broken-answer`
   * @throws the signal's reason
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<Answer>;
  /** Closes idle connections. */
  close(): void;
};

const userAgent = `zendesk-log-sync/${version}`;
/** Idle connections are closed before load balancers close them, which would cost an attempt. */
const idleMs = 5_000;
/** For each step of a connection. Where nothing answers at all, the rest of the time would be spent for nothing. */
const connectMs = 10_000;

/**
 * Sends requests to one origin. It does not follow redirects, always verifies certificates, whatever the environment says,
 * and does not retry.
 */
export function createHttp(options: {
  origin: string;
  proxy: Proxy | undefined;
  timeoutMs: number;
  /** The largest size in bytes of an answer, compressed and decompressed. */
  largestBytes: number;
  localNow: () => number;
  secrets: Secrets;
  onRequest?: ((request: FinishedRequest) => void) | undefined;
}): Http {
  const { localNow, proxy, secrets } = options;
  const { origin } = new URL(options.origin);
  const keep = {
    keepAlive: true,
    scheduling: 'lifo',
    timeout: idleMs,
    ...throughProxy(proxy),
  } as const;
  const agent = { http: new HttpAgent(keep), https: new HttpsAgent(keep) };
  const client = createClient(agent, options.timeoutMs);

  return {
    async send(request, signal) {
      const url = locate(origin, request);
      signal.throwIfAborted();
      const sentAtMs = localNow();
      const startedMs = performance.now();
      const report = (status: number | undefined): void =>
        options.onRequest?.({
          endpoint: nameEndpoint(request.path),
          status,
          durationMs: performance.now() - startedMs,
        });
      const largestBytes = Math.min(request.largestBytes ?? Infinity, options.largestBytes);
      let status: number | undefined;
      try {
        const response = await ask(client, url, request, signal);
        status = response.statusCode;
        // Only a proxy answers this, also for an http address instead of Zendesk.
        if (status === 407 && proxy !== undefined) {
          response.stream.destroy();
          throw refuseTunnel(proxy, 407);
        }
        const received = await receive(response, largestBytes, secrets);
        return { ...received, sentAtMs, receivedAtMs: localNow() };
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof AttemptError ? error : toFailure(error, proxy, secrets);
      } finally {
        if (!signal.aborted) report(status);
      }
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

function locate(origin: string, { path, query }: HttpRequest): URL {
  const url = new URL(path, origin);
  // A path such as //other.example would name another host, which must never see the credentials.
  if (url.origin !== origin) throw new Error('a request may only name a path');
  url.search = query?.toString() ?? '';
  return url;
}

/** One attempt is one request: nothing is followed, unpacked or repeated. */
function createClient(agent: { http: HttpAgent; https: HttpsAgent }, timeoutMs: number): Got {
  return got.extend({
    headers: { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': userAgent },
    decompress: false,
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    timeout: {
      request: timeoutMs,
      lookup: connectMs,
      connect: connectMs,
      secureConnect: connectMs,
    },
    https: { rejectUnauthorized: true },
    agent,
  });
}

/** The stream of an answer whose headers have arrived. */
type Coming = { readonly stream: Request } & Pick<Response, 'statusCode' | 'headers'>;

async function ask(
  client: Got,
  url: URL,
  { method, headers = {}, json }: HttpRequest,
  signal: AbortSignal,
): Promise<Coming> {
  const stream = client.stream(url, { method, headers, signal, ...(json && { json }) });
  if (json === undefined) stream.end();
  // An error between the headers and the body is handled where the body is read.
  stream.on('error', () => {});
  const [{ statusCode, headers: answered }] = (await once(stream, 'response')) as [Response];
  return { stream, statusCode, headers: answered };
}

async function receive(
  { stream, statusCode: status, headers }: Coming,
  largestBytes: number,
  secrets: Secrets,
): Promise<Omit<Answer, 'sentAtMs' | 'receivedAtMs'>> {
  const requestId = readRequestId(headers, secrets);
  const mostBytes = limitBytes(status, largestBytes);
  const encoding = headers['content-encoding'];
  const body = await readBody(stream, encoding, mostBytes).catch((error: unknown): Body => {
    if (error instanceof RequestError || foreignCodeOf(error)?.startsWith('ERR_STREAM') === true)
      throw error;
    if (status >= 300) return nothing;
    throw refuseAnswer({ status, requestId }, 'cannot be decompressed', true);
  });
  if (body === undefined)
    throw refuseAnswer({ status, requestId }, `is larger than ${describeBytes(mostBytes)}`, true);
  return { status, headers, body: body.bytes, unpackAgain: body.unpackAgain, requestId };
}

const empty = Buffer.alloc(0);
const nothing: Body = { bytes: empty, unpackAgain: () => empty };

/** got's errors contain the request with its Authorization header: only their name, code and message are passed on. */
function toFailure(error: unknown, proxy: Proxy | undefined, secrets: Secrets): AttemptError {
  const cause = secrets.plainError(error);
  const code = foreignCodeOf(cause);
  const isUnconnected =
    error instanceof TimeoutError && ['lookup', 'connect', 'secureConnect'].includes(error.event);
  if (proxy === undefined)
    return new AttemptError({ kind: 'no-answer', code, cause, isUnconnected });
  const { statusCode, syscall } = originOf(error);
  if (statusCode !== undefined) return refuseTunnel(proxy, statusCode);
  // With a proxy, the program connects to nothing else and looks up no other name.
  const isUnreachable = syscall === 'connect' || syscall === 'getaddrinfo';
  const fault = isUnreachable ? 'unreachable' : 'on-the-way';
  return new AttemptError({ kind: 'no-answer', code, cause, proxy: { proxy, fault } });
}

function refuseTunnel(proxy: Proxy, status: number): AttemptError {
  const cause = new Error(`the proxy answered ${status}`);
  const found = { proxy, fault: 'refused', status } as const;
  return new AttemptError({ kind: 'no-answer', code: 'ERR_PROXY_TUNNEL', cause, proxy: found });
}

/** Node's own error that got wraps. */
function originOf(error: unknown): { statusCode?: number; syscall?: string } {
  return (error instanceof Error && error.cause) || {};
}

function nameEndpoint(path: string): string {
  if (path === '/oauth/tokens') return 'oauth_tokens';
  return /^\/api\/v2\/([a-z_]{1,40})(?:[/.]|$)/.exec(path)?.[1] ?? 'other';
}
