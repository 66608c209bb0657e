/** Waiting for a database that is not there yet: a service may be started before it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLostConnection, translateError } from './connection-errors.ts';
import { openConnections } from './pool.ts';
import { describeConnection } from './ways.ts';

const pauseMs = 1_000;
/** Whoever looks at the log sees what is waited for. */
const reportEveryMs = 30_000;

/**
 * Waits for a database until it can be connected to. What passes by itself is waited for: nobody listens yet, the name of
 * the host is not known yet, the server starts or has no connection free. What somebody has to mend is not: a wrong password,
 * a database that does not exist.
 *
 * @param report told what is waited for, at once and every half a minute
 * @returns whether it had to wait
 * @throws {KnownError} what is not waited for, and what was waited for when the signal came
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

/** What keeps a connection from being made. */
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
