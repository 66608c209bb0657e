import type { StreamKey } from '../database/coverage.ts';
import type { Queryable } from '../database/client.ts';
import { listAbandoned } from '../database/leases.ts';

/** What processes have left behind on this database. */
export type AbandonedWork = {
  /** Whether work on the stream was begun, is not finished, and nobody is at it. */
  includes(key: StreamKey): Promise<boolean>;
};

/** All streams of a process ask at about the same moment: one answer is for all of them. */
const freshMs = 1000;

/** Creates what the streams of one process ask. */
export function createAbandonedWork(db: Queryable): AbandonedWork {
  let asked: { readonly atMs: number; readonly keys: Promise<ReadonlySet<string>> } | undefined;

  async function load(): Promise<ReadonlySet<string>> {
    return new Set((await listAbandoned(db)).map(nameKey));
  }

  return {
    async includes(key) {
      const nowMs = performance.now();
      if (asked === undefined || nowMs - asked.atMs > freshMs)
        asked = { atMs: nowMs, keys: load() };
      return (await asked.keys).has(nameKey(key));
    },
  };
}

function nameKey({ account, stream }: StreamKey): string {
  return JSON.stringify([account, stream]);
}
