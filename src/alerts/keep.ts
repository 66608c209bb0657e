/** Watches some accounts and alerts people while the service runs. It can never stop the pulling. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/client.ts';
import { explainError, isFrom } from '../errors.ts';
import type { Log } from '../logger.ts';
import { listTimes } from '../scheduler.ts';
import type { Channel } from './channel.ts';
import { deliver, type Told } from './deliver.ts';
import { look, type Watch } from './look.ts';
import { registerAccounts } from './memory.ts';

/** What alerts need from the service. */
type AlertOptions = Omit<Watch, 'lastDigest' | 'channels'> & {
  readonly channels: readonly Channel[];
  /** When the digest is sent: cron, UTC; undefined for never. */
  readonly digestSchedule: string | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** The pause between two checks. */
const restMs = 5000;
/** The time that a message on its way gets after the signal. */
const graceMs = 3000;

/** Watches until the signal. The returned function waits for a message that is on its way. */
export function keepAlerts(db: Database, options: AlertOptions): () => Promise<void> {
  const { channels, digestSchedule, log, signal } = options;
  if (channels.length === 0) return async () => {};
  const watch = { ...options, lastDigest: rememberTimes(digestSchedule) };
  const told: Told = new Map();
  const ending = new AbortController();
  const guard = createGuard(log, signal);
  const running = repeat(signal, async () => {
    await guard(async () => {
      await registerAccounts(db, [...watch.pulled.keys()]);
      await look(db, watch);
    });
  });
  // A channel that hangs blocks neither the checks nor the other channel.
  const delivering = channels.map((channel) =>
    repeat(signal, () => guard(() => deliver(db, channel, { log, told, signal: ending.signal }))),
  );
  return async () => {
    const timer = setTimeout(() => ending.abort(), graceMs);
    await Promise.all([running, ...delivering]);
    clearTimeout(timer);
  };
}

async function repeat(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await sleep(restMs, undefined, { signal }).catch(() => {});
  }
}

/** Runs work whose failure is logged once, until it succeeds. A lost database is reported elsewhere. */
function createGuard(log: Log, signal: AbortSignal): (work: () => Promise<void>) => Promise<void> {
  let told = '';
  return async (work) => {
    try {
      await work();
    } catch (error) {
      if (signal.aborted || isFrom(error, 'database')) return;
      const sentence = explainError(error);
      if (sentence !== told) log.error({ err: error }, sentence);
      told = sentence;
    }
  };
}

/** The last time of a schedule before a moment: computed only when it can have changed. */
function rememberTimes(expression: string | undefined): Watch['lastDigest'] {
  if (expression === undefined) return () => undefined;
  const times = listTimes(expression, 'UTC');
  let last: Date | undefined;
  let nextMs = 0;
  return (now) => {
    if (now.getTime() < nextMs) return last;
    last = times.last(now);
    nextMs = times.next().getTime();
    return last;
  };
}
