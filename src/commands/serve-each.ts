/** The work of a service on several databases: the others continue if one fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../errors.ts';
import type { Log } from '../logger.ts';
import { nameOfDatabase } from './databases.ts';
import type { OpenGroup } from './session.ts';

/** How long it waits before it tries again when a person has to fix something, such as a wrong password. */
const restMs = 30_000;

/**
 * Serves each database until the signal. If one of several fails, the failure is logged and the work is tried again; a
 * fault of this program ends all.
 */
export async function serveEach(
  groups: readonly OpenGroup[],
  log: Log,
  signal: AbortSignal,
  serve: (group: OpenGroup, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const [only] = groups;
  if (groups.length === 1 && only !== undefined) return serve(only, signal);
  const fault = new AbortController();
  const own = AbortSignal.any([signal, fault.signal]);
  const ended = await Promise.allSettled(
    groups.map(async (group) => {
      try {
        await persist(() => serve(group, own), nameOfDatabase(group.configs[0]), log, own);
      } catch (error) {
        fault.abort(error);
        throw error;
      }
    }),
  );
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

async function persist(
  serve: () => Promise<void>,
  database: string | undefined,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted)
    try {
      await serve();
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      if (signal.aborted) return;
      log.error({ database, err: error }, error.message);
      await sleep(restMs, undefined, { signal }).catch(() => {});
    }
}
