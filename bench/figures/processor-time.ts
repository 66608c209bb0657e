import { readdir, readFile } from 'node:fs/promises';
import type { Database } from '../../src/database/client.ts';

/** The unit of processor time in `/proc`, the same for every program on Linux. */
const ticksPerSecond = 100;

/** Seconds of processor time that the server of a local database has used so far, including its ended processes. Linux only. */
export async function readServerSeconds(db: Database): Promise<number> {
  const [backend] = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = (await readProcess(backend?.pid ?? 0))?.parent;
  if (postmaster === undefined) throw new Error('The server is not on this machine.');
  const own = await readProcess(postmaster);
  let seconds = (own?.seconds ?? 0) + (own?.endedChildrenSeconds ?? 0);
  for (const name of await readdir('/proc')) {
    const found = /^\d+$/.test(name) ? await readProcess(Number(name)) : undefined;
    if (found?.parent === postmaster) seconds += found.seconds;
  }
  return seconds;
}

type Process = {
  readonly parent: number;
  readonly seconds: number;
  readonly endedChildrenSeconds: number;
};

/** Undefined if the process has ended meanwhile. See proc_pid_stat(5). */
async function readProcess(pid: number): Promise<Process | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the program, in parentheses, may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const secondsOf = (first: number): number =>
    (Number(fields[first]) + Number(fields[first + 1])) / ticksPerSecond;
  return { parent: Number(fields[1]), seconds: secondsOf(11), endedChildrenSeconds: secondsOf(13) };
}
