import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, hasCode } from '../errors.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import { acquireLease, releaseLease, renewLease, type Lease } from './lease.ts';

/** The answer when another process holds the lease and keeps it. */
type Busy = { readonly busy: true; readonly holder: string };

/**
 * Holds the lease of a stream while this process works on it: taken with the first work, renewed meanwhile, released after
 * the last. The signal given to the work is aborted when the lease is lost.
 */
type LeaseKeeper = {
  use<T>(
    work: (lease: Lease, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    waitMs: number,
  ): Promise<T | Busy>;
};

type Held = {
  readonly lease: Lease;
  readonly lost: AbortController;
  /** Extends the lease; resolves after the answer, or once it has ended. */
  readonly renew: () => Promise<void>;
  /** Ends the renewals; resolves when none is in progress. */
  readonly end: () => Promise<void>;
};

/** A lease that was requested, and how many use it. */
type Hold = { readonly taken: Promise<Held | Busy>; readonly users: Set<symbol> };

/** How long to wait before asking for a lease again: it may be released at any time. */
const longestWaitMs = 500;
const shortestWaitMs = 50;

/** What a keeper needs from an engine. */
type Keeping = Pick<Engine, 'account' | 'db' | 'holder' | 'leaseMs' | 'log' | 'report'>;

/** Creates the keeper of one stream's lease. */
export function createLeaseKeeper(engine: Keeping, stream: string): LeaseKeeper {
  const key: StreamKey = { account: engine.account, stream };
  let current: Hold | undefined;
  let left: Promise<void> = Promise.resolve();

  async function take(signal: AbortSignal, waitMs: number): Promise<Held | Busy> {
    // Otherwise this process would find its own lease, which is just being released.
    await left;
    const deadline = performance.now() + waitMs;
    let told: string | undefined;
    for (;;) {
      const answer = await acquireLease(engine.db, key, engine.holder, engine.leaseMs);
      if ('token' in answer) return keep(engine, answer);
      if (performance.now() >= deadline) return { busy: true, holder: answer.holder };
      const { holder } = answer;
      const leftMs = Math.round(deadline - performance.now());
      engine.report({ type: 'waiting-for-lease', stream, holder, waitMs: leftMs });
      if (told !== holder) {
        const until = new Date(Date.now() + leftMs).toISOString();
        const details = { account: engine.account, stream, holder, waitMs: leftMs, until };
        engine.log.warn(details, 'waiting for another process to finish with the stream');
        told = holder;
      }
      const untilFreeMs = Math.max(shortestWaitMs, answer.expiresInMs + 10);
      await sleep(Math.min(longestWaitMs, untilFreeMs), undefined, { signal });
    }
  }

  /**
   * Work that begins while other work is running first checks that the lease is still held; otherwise it would fail together
   * with the other work.
   */
  async function leaveLost(): Promise<void> {
    const hold = current;
    const held = await hold?.taken.catch(() => undefined);
    if (held === undefined || 'busy' in held) return;
    await held.renew();
    if (held.lost.signal.aborted && current === hold) current = undefined;
  }

  return {
    async use(work, signal, waitMs) {
      if (current !== undefined) await leaveLost();
      const hold = (current ??= { taken: take(signal, waitMs), users: new Set() });
      const user = Symbol(stream);
      hold.users.add(user);
      try {
        const held = await hold.taken;
        if ('busy' in held) return held;
        return await work(held.lease, AbortSignal.any([signal, held.lost.signal]));
      } finally {
        hold.users.delete(user);
        if (hold.users.size === 0) {
          if (current === hold) current = undefined;
          left = giveBack(engine, stream, hold);
          await left;
        }
      }
    },
  };
}

/** Renews a lease from now on. */
function keep({ db, leaseMs }: Keeping, lease: Lease): Held {
  const lost = new AbortController();
  let renewal: Promise<void> | undefined;
  let ended = false;
  const renew = async (): Promise<void> => {
    // A renewal after the release would take the lease again.
    if (ended) return;
    renewal ??= renewLease(db, lease, leaseMs)
      .catch((error: unknown) => {
        // If the database is unavailable, the lease is not lost; every page's transaction checks it anyway.
        if (hasCode(error, 'lease_lost', 'history_changed')) lost.abort(error);
      })
      .finally(() => {
        renewal = undefined;
      });
    await renewal;
  };
  const timer = setInterval(() => void renew(), leaseMs / 3);
  const end = async (): Promise<void> => {
    ended = true;
    clearInterval(timer);
    await renewal;
  };
  return { lease, lost, renew, end };
}

async function giveBack(
  { db, log, account }: Keeping,
  stream: string,
  { taken }: Hold,
): Promise<void> {
  const held = await taken.catch(() => undefined);
  if (held === undefined || 'busy' in held) return;
  await held.end();
  await releaseLease(db, held.lease).catch((error: unknown) => {
    // The finished work stays valid, and the work itself reports errors.
    const details = { account, stream, code: codeOf(error) };
    log.info(details, 'a lease could not be released; it will expire');
  });
}

/** True if the work was not done because another process holds the lease. */
export function isBusy(answer: unknown): answer is Busy {
  return typeof answer === 'object' && answer !== null && 'busy' in answer;
}
