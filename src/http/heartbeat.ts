/** Tells a watcher from outside that runs begin and end, as healthchecks.io expects: the dead man's switch. */
import { foreignCodeOf } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { SyncEvent } from '../ingest/events.ts';

/** Each call returns at once; what cannot be delivered is given up after a few seconds. */
type Heartbeat = {
  begin(): void;
  end(succeeded: boolean): void;
  /** Ends what is on its way. */
  close(): void;
};

const usualTimeoutMs = 3000;

/**
 * Creates a heartbeat for an address, which is secret: it appears in no log. One request is on its way at a time; of
 * those that wait for it only the newest is sent. Its failures are told once, when they begin and when they are over.
 *
 * @param url undefined for a heartbeat that does nothing
 */
export function createHeartbeat(
  url: string | undefined,
  log: Log,
  timeoutMs = usualTimeoutMs,
): Heartbeat {
  if (url === undefined) return { begin() {}, end() {}, close() {} };
  const closing = new AbortController();
  let next: string | undefined;
  let sending: Promise<void> | undefined;
  let failing = false;

  async function deliver(address: string): Promise<void> {
    const problem = await ping(address, timeoutMs, closing.signal);
    if (closing.signal.aborted) return;
    if (problem !== undefined && !failing)
      log.warn({ reason: problem }, 'HEARTBEAT_URL does not accept the heartbeat; runs go on');
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

/** Why it did not arrive, in a few words without the address; undefined when it did. */
async function ping(
  address: string,
  timeoutMs: number,
  closing: AbortSignal,
): Promise<string | undefined> {
  try {
    const response = await fetch(address, {
      // The address is the credential: it goes to nobody else.
      redirect: 'manual',
      signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `status ${response.status}`;
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return `no answer within ${timeoutMs / 1000} s`;
    const code = foreignCodeOf(error instanceof Error ? error.cause : undefined) ?? 'unknown';
    return `no connection (${code})`;
  }
}

function appendPath(url: string, suffix: string): string {
  const address = new URL(url);
  if (suffix !== '') address.pathname = `${address.pathname.replace(/\/$/, '')}${suffix}`;
  return address.href;
}

/**
 * Makes a heartbeat of the events of a service. A pass that follows a stream is a run here; it begins when the first of
 * those that run side by side begins, and the end of each is told. A backfill, which may take days, is told of only when
 * it fails. Success is told only while no stream is known to fail: one that works does not hide one that does not. What is
 * stopped, or done by another process, says nothing.
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
