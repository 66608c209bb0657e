/** How long to wait for Postgres, also after a signal. */
import { KnownError } from '../errors.ts';

/**
 * After a signal the running page ends. A statement without an answer by then is dropped, so that the process can exit in
 * time.
 */
const stopGraceMs = 5_000;
/** The time limit for what comes after that: the ends of runs, the release of leases. */
const lastLimitMs = 500;

/** The end of waiting, some time after a signal. */
export type End = {
  /** Calls `giveUp` when the time is up, or at the end. The returned function prevents that. */
  limit(limitMs: number, giveUp: () => void): () => void;
  /** The result of `work`, unless the time is up or the end comes first; a later result goes to `discard`. */
  race<T>(work: Promise<T>, limitMs: number, discard: (late: T) => void): Promise<T>;
  close(): void;
};

/** Begins the wait for the end after a signal. */
export function createEnd(signal: AbortSignal | undefined): End {
  const waiting = new Set<() => void>();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => {
      isOver = true;
      for (const giveUp of waiting) giveUp();
    }, stopGraceMs).unref();
  };
  if (signal?.aborted === true) begin();
  else signal?.addEventListener('abort', begin, { once: true });

  function limit(limitMs: number, giveUp: () => void): () => void {
    const own = setTimeout(giveUp, isOver ? Math.min(limitMs, lastLimitMs) : limitMs);
    waiting.add(giveUp);
    return () => {
      clearTimeout(own);
      waiting.delete(giveUp);
    };
  }

  return {
    limit,
    async race(work, limitMs, discard) {
      const { promise, reject } = Promise.withResolvers<never>();
      let isLate = false;
      const release = limit(limitMs, () => {
        isLate = true;
        reject(silence(limitMs));
      });
      work.then(
        (late) => {
          if (isLate) discard(late);
        },
        () => {},
      );
      return Promise.race([work, promise]).finally(release);
    },
    close() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', begin);
    },
  };
}

/** The error for a server that did not answer in that time. */
export function silence(limitMs: number): KnownError {
  return new KnownError('database_unreachable', {
    found: `Postgres did not answer within ${limitMs / 1000} s, and the connection was closed`,
    wayOut: 'Check the network between this machine and Postgres, and what Postgres is busy with',
    systemCode: 'ETIMEDOUT',
  });
}
