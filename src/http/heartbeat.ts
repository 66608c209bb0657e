/** Reports to an external service when runs begin and end, as healthchecks.io expects: a dead man's switch. */
import { Agent as HttpAgent, request as askHttp } from 'node:http';
import { Agent as HttpsAgent, request as askHttps } from 'node:https';
import { foreignCodeOf } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { SyncEvent } from '../ingest/events.ts';
import { chooseProxy, throughProxy, type Proxies, type Proxy } from '../proxy.ts';

/** Each call returns at once; a report that cannot be delivered is dropped after a few seconds. */
type Heartbeat = {
  begin(): void;
  end(succeeded: boolean): void;
  /** Ends requests in progress. */
  close(): void;
};

const usualTimeoutMs = 3000;

/**
 * Creates a heartbeat for an address, which is secret: it appears in no log. It sends one request at a time; of those that
 * wait only the newest is sent. Failures are logged once, when they begin and when they end.
 *
 * @param url undefined for a heartbeat that does nothing
 * @param proxies undefined for none
 */
export function createHeartbeat(
  url: string | undefined,
  proxies: Proxies | undefined,
  log: Log,
  timeoutMs = usualTimeoutMs,
): Heartbeat {
  if (url === undefined) return { begin() {}, end() {}, close() {} };
  const proxy = proxies && chooseProxy(proxies, url);
  const closing = new AbortController();
  let next: string | undefined;
  let sending: Promise<void> | undefined;
  let failing = false;

  async function deliver(address: string): Promise<void> {
    const problem = await ping(address, proxy, timeoutMs, closing.signal);
    if (closing.signal.aborted) return;
    if (problem !== undefined && !failing)
      log.warn({ reason: problem }, 'HEARTBEAT_URL does not accept the heartbeat; runs continue');
    if (problem === undefined && failing) log.info({}, 'HEARTBEAT_URL accepts the heartbeat again');
    failing = problem !== undefined;
  }

  async function deliverAll(): Promise<void> {
    while (next !== undefined && !closing.signal.aborted) {
      const address = next;
      next = undefined;
      await deliver(address);
    }
  }

  function send(suffix: string): void {
    next = appendPath(url ?? '', suffix);
    sending ??= deliverAll().finally(() => (sending = undefined));
  }

  return {
    begin: () => send('/start'),
    end: (succeeded) => send(succeeded ? '' : '/fail'),
    close: () => closing.abort(),
  };
}

/** Why it did not arrive, in a few words without the address; undefined if it did. */
async function ping(
  address: string,
  proxy: Proxy | undefined,
  timeoutMs: number,
  closing: AbortSignal,
): Promise<string | undefined> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const status = await get(address, proxy, AbortSignal.any([closing, late]));
    return status >= 200 && status < 300 ? undefined : `status ${status}`;
  } catch (error) {
    if (late.aborted) return `no answer within ${timeoutMs / 1000} s`;
    return describeFailure(error, proxy);
  }
}

/** The status of the answer. Redirects are not followed: the address is the credential, and must not go to anybody else. */
async function get(
  address: string,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Promise<number> {
  const isSecure = address.startsWith('https:');
  const agent = new (isSecure ? HttpsAgent : HttpAgent)(throughProxy(proxy));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const request = (isSecure ? askHttps : askHttp)(address, { agent, signal }, (response) => {
    resolve(response.statusCode ?? 0);
    response.destroy();
  });
  request.once('error', reject).end();
  return promise;
}

function describeFailure(error: unknown, proxy: Proxy | undefined): string {
  const code = foreignCodeOf(error) ?? 'unknown';
  if (proxy === undefined) return `no connection (${code})`;
  return error instanceof Error && 'statusCode' in error
    ? `the proxy ${proxy.shown} refuses (status ${Number(error.statusCode)})`
    : `no connection through the proxy ${proxy.shown} (${code})`;
}

function appendPath(url: string, suffix: string): string {
  const address = new URL(url);
  if (suffix !== '') address.pathname = `${address.pathname.replace(/\/$/, '')}${suffix}`;
  return address.href;
}

/**
 * Makes a heartbeat from the events of a service. A pass that follows a stream is a run here; it begins when the first of
 * several parallel ones begins, and the end of each is reported. A backfill, which may take days, is reported only if it
 * fails. Success is reported only while no stream is known to fail: a working stream does not hide a failing one. A pass
 * that is stopped, or done by another process, is not reported.
 */
export function createRunWatch(heartbeat: Heartbeat): (account: string, event: SyncEvent) => void {
  const following = new Set<string>();
  const failed = new Set<string>();
  return (account, event) => {
    if (event.type !== 'run-started' && event.type !== 'run') return;
    const isBackfill = event.task === 'backfill';
    const key = JSON.stringify([account, event.stream, event.task]);
    if (event.type === 'run-started') {
      if (isBackfill) return;
      following.add(key);
      if (following.size === 1) heartbeat.begin();
      return;
    }
    following.delete(key);
    failed.delete(key);
    if (event.outcome === 'busy' || event.outcome === 'interrupted') return;
    if (event.outcome !== 'complete') failed.add(key);
    if (!isBackfill || event.outcome !== 'complete') heartbeat.end(failed.size === 0);
  };
}
