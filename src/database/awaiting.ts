/** Waits for a database that is not available yet: a service may start before it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLostConnection, translateError } from './connection-errors.ts';
import { openConnections } from './pool.ts';
import { describeConnection } from './ways.ts';

const pauseMs = 1_000;
/** So that the log says what the program waits for. */
const reportEveryMs = 30_000;

/**
 * Waits until a connection to the database is possible. It waits for temporary problems: nothing listens yet, the host name
 * is not known yet, the server is starting or has no free connection. It does not wait for problems that a person must fix:
 * a wrong password, a database that does not exist.
 *
 * @param report called with the reason of the wait, at once and every half a minute @returns whether it had to wait @throws
 *   {KnownError} for a problem that needs a person, and the reason of the wait when the signal comes
 */
export async function awaitDatabase(
  url: string,
  signal: AbortSignal,
  report: (sentence: string) => void,
): Promise<boolean> {
  let reportedMs: number | undefined;
  for (;;) {
    const problem = await tryConnecting(url, signal);
    if (problem === undefined) return reportedMs !== undefined;
    const known = translateError(problem);
    if (signal.aborted || !isLostConnection(problem)) throw known;
    const nowMs = performance.now();
    if (reportedMs === undefined || nowMs - reportedMs >= reportEveryMs) {
      report(known instanceof Error ? known.message : 'Postgres cannot be reached.');
      reportedMs = nowMs;
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** What makes a connection impossible. */
async function tryConnecting(url: string, signal: AbortSignal): Promise<unknown> {
  const pool = openConnections(describeConnection(url), 1, signal);
  try {
    (await pool.take()).release(true);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await pool.close();
  }
}
