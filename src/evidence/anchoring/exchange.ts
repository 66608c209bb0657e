/** Sends requests to places outside, with TLS verified and through the configured proxies. Redirects are not followed. */
import { Agent as HttpAgent, request as askHttp } from 'node:http';
import { Agent as HttpsAgent, request as askHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { foreignCodeOf, KnownError } from '../../errors.ts';
import { chooseProxy, throughProxy, type Proxies, type Proxy } from '../../proxy.ts';

/** A request; its headers may be secret. */
type Request = {
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
};

/** What came back. */
export type Answer = {
  readonly status: number;
  readonly body: Buffer;
  /** The clock of the other side. */
  readonly date: string | undefined;
  /** The version of an object of S3, where the bucket has versions. */
  readonly version?: string | undefined;
};

/**
 * Sends a request and reads the answer.
 *
 * @throws {KnownError} `anchor_failed` when there is no whole answer within half a minute
 */
export type Exchange = (place: string, request: Request) => Promise<Answer>;

const limitMs = 30_000;
/** Larger than a bundle of 256 of the largest entries. */
const mostBytes = 17_000_000;

/** Creates the sender. Connections are reused, and none keeps the process alive. */
export function createExchange(proxies: Proxies): Exchange {
  const agents = new Map<string, HttpAgent>();
  const agentFor = (url: string, proxy: Proxy | undefined): HttpAgent => {
    const key = `${new URL(url).protocol} ${proxy?.url ?? ''}`;
    const options = { ...throughProxy(proxy), keepAlive: true };
    const agent =
      agents.get(key) ??
      (key.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options));
    agents.set(key, agent);
    return agent;
  };
  return async (place, request) => {
    const proxy = chooseProxy(proxies, request.url);
    const late = AbortSignal.timeout(limitMs);
    try {
      const signal = AbortSignal.any([request.signal, late]);
      return await ask({ ...request, signal }, agentFor(request.url, proxy));
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof KnownError) throw error;
      const reason = late.aborted ? `no answer within ${limitMs / 1000} s` : explain(error, proxy);
      throw new KnownError('anchor_failed', {
        found: `${place} cannot be reached: ${reason}`,
        systemCode: foreignCodeOf(error),
      });
    }
  };
}

async function ask(
  { method, url, headers = {}, body, signal }: Request,
  agent: HttpAgent,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const send = url.startsWith('https:') ? askHttps : askHttp;
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const options = { method, agent, signal, headers: { ...headers, ...length } };
  const request = send(url, options, (response) => {
    let bytes = 0;
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > mostBytes) response.destroy(new Error('The answer is too long.'));
    });
    buffer(response).then(
      (whole) =>
        resolve({
          status: response.statusCode ?? 0,
          body: whole,
          date: response.headers.date,
          version: response.headers['x-amz-version-id']?.toString(),
        }),
      reject,
    );
  });
  request.once('error', reject).end(body);
  return promise;
}

function explain(error: unknown, proxy: Proxy | undefined): string {
  const code = foreignCodeOf(error) ?? 'it does not answer as expected';
  if (proxy === undefined) return `no connection (${code})`;
  return error instanceof Error && 'statusCode' in error
    ? `the proxy ${proxy.shown} refuses (status ${Number(error.statusCode)})`
    : `no connection through the proxy ${proxy.shown} (${code})`;
}
