import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamKey } from '../postgres/coverage.ts';
import { acquireLease, releaseLease, renewLease, type Lease } from '../postgres/leases.ts';
import { LeaseLostError } from '../errors.ts';
import type { Engine } from './engine.ts';

/** The answer when another process holds the lease and keeps it. */
export type Busy = { readonly busy: true; readonly holder: string };

/**
 * Holds the lease of a stream while anything in this process works on it: taken with the first work, renewed meanwhile,
 * given back after the last. The signal given to the work is aborted when the lease is lost.
 */
export type LeaseKeeper = {
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
  users: number;
};

/** Creates the keeper of one stream's lease. */
export function createLeaseKeeper(engine: Engine, stream: string): LeaseKeeper {
  const key: StreamKey = { account: engine.account, stream };
  let held: Promise<Held | Busy> | undefined;

  async function take(signal: AbortSignal, waitMs: number): Promise<Held | Busy> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const answer = await acquireLease(engine.db, key, engine.holder, engine.leaseMs);
      if ('token' in answer) return keep(answer);
      if (Date.now() >= deadline) return { busy: true, holder: answer.holder };
      engine.report({ type: 'waiting-for-lease', stream, holder: answer.holder });
      await sleep(Math.min(500, answer.expiresInMs + 10), undefined, { signal });
    }
  }

  function keep(lease: Lease): Held {
    const lost = new AbortController();
    let renewing = false;
    const timer = setInterval(() => {
      if (renewing) return;
      renewing = true;
      renewLease(engine.db, lease, engine.leaseMs)
        .catch((error: unknown) => {
          // A database that is away does not take the lease; every page's transaction checks it anyway.
          if (error instanceof LeaseLostError) lost.abort(error);
        })
        .finally(() => {
          renewing = false;
        });
    }, engine.leaseMs / 3);
    return { lease, lost, timer, users: 0 };
  }

  async function leave(current: Held): Promise<void> {
    current.users -= 1;
    if (current.users > 0) return;
    held = undefined;
    clearInterval(current.timer);
    await releaseLease(engine.db, current.lease);
  }

  return {
    async use(work, signal, waitMs) {
      held ??= take(signal, waitMs).catch((error: unknown) => {
        held = undefined;
        throw error;
      });
      const current = await held;
      if ('busy' in current) {
        held = undefined;
        return current;
      }
      current.users += 1;
      try {
        return await work(current.lease, AbortSignal.any([signal, current.lost.signal]));
      } finally {
        await leave(current);
      }
    },
  };
}

/** True when the work was not done because another process holds the lease. */
export function isBusy(answer: unknown): answer is Busy {
  return typeof answer === 'object' && answer !== null && 'busy' in answer;
}
