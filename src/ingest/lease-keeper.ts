import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, hasCode } from '../errors.ts';
import type { StreamKey } from './coverage.ts';
import type { Engine } from './engine.ts';
import { acquireLease, releaseLease, renewLease, type Lease } from './lease.ts';

/** The answer when another process holds the lease and keeps it. */
type Busy = { readonly busy: true; readonly holder: string };

/**
 * Holds the lease of a stream while anything in this process works on it: taken with the first work, renewed meanwhile,
 * given back after the last. The signal given to the work is aborted when the lease is lost.
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
  readonly timer: NodeJS.Timeout;
  /** Resolves when no renewal is under way. */
  readonly rest: () => Promise<void>;
};

/** How long to wait before asking again for a lease: one may be given back at any time. */
const longestWaitMs = 500;
const shortestWaitMs = 50;

/** Creates the keeper of one stream's lease. */
export function createLeaseKeeper(engine: Engine, stream: string): LeaseKeeper {
  const key: StreamKey = { account: engine.account, stream };
  let users = 0;
  let held: Promise<Held | Busy> | undefined;
  let left: Promise<void> = Promise.resolve();

  async function take(signal: AbortSignal, waitMs: number): Promise<Held | Busy> {
    // Or this process would meet its own lease, which is just being given back.
    await left;
    const deadline = Date.now() + waitMs;
    for (;;) {
      const answer = await acquireLease(engine.db, key, engine.holder, engine.leaseMs);
      if ('token' in answer) return keep(answer);
      if (Date.now() >= deadline) return { busy: true, holder: answer.holder };
      engine.report({ type: 'waiting-for-lease', stream, holder: answer.holder });
      const untilFreeMs = Math.max(shortestWaitMs, answer.expiresInMs + 10);
      await sleep(Math.min(longestWaitMs, untilFreeMs), undefined, { signal });
    }
  }

  function keep(lease: Lease): Held {
    const lost = new AbortController();
    let renewal: Promise<void> | undefined;
    const timer = setInterval(() => {
      renewal ??= renewLease(engine.db, lease, engine.leaseMs)
        .catch((error: unknown) => {
          // A database that is away does not take the lease; every page's transaction checks it anyway.
          if (hasCode(error, 'lease_lost')) lost.abort(error);
        })
        .finally(() => {
          renewal = undefined;
        });
    }, engine.leaseMs / 3);
    return { lease, lost, timer, rest: async () => renewal };
  }

  async function giveBack(answer: Promise<Held | Busy> | undefined): Promise<void> {
    const current = await answer?.catch(() => undefined);
    if (current === undefined || 'busy' in current) return;
    clearInterval(current.timer);
    // A renewal that arrived after the release would revive the lease.
    await current.rest();
    await releaseLease(engine.db, current.lease).catch((error: unknown) => {
      // What was done under it is done all the same, and what is wrong is told by the work itself.
      const details = { ...key, code: codeOf(error) };
      engine.log.info(details, 'a lease could not be given back; it will expire');
    });
  }

  return {
    async use(work, signal, waitMs) {
      users += 1;
      try {
        const current = await (held ??= take(signal, waitMs));
        if ('busy' in current) return current;
        return await work(current.lease, AbortSignal.any([signal, current.lost.signal]));
      } finally {
        users -= 1;
        if (users === 0) {
          left = giveBack(held);
          held = undefined;
          await left;
        }
      }
    },
  };
}

/** True when the work was not done because another process holds the lease. */
export function isBusy(answer: unknown): answer is Busy {
  return typeof answer === 'object' && answer !== null && 'busy' in answer;
}
