import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { foreignCodeOf, KnownError } from '../../errors.ts';
import { translateError } from '../connection-errors.ts';
import { createClient } from '../session-settings.ts';
import { sqlstates } from '../sqlstates.ts';

/**
 * What `postmaster.pid` says about the server of a cluster, compared with the processes that exist:
 * - `absent`: no server; one may be started. Also when the file's process is gone: Postgres clears such a file itself
 * - `starting`: a server is starting or stopping; look again
 * - `ready`: a server of this cluster accepts connections at `port`
 * - `misleading`: the file is left over and its number now belongs to another process (usual in containers, where
 *   numbers are small), so that Postgres would refuse to start. `text` is the content that was judged
 */
type Presence =
  | { readonly kind: 'absent' | 'starting' }
  | { readonly kind: 'ready'; readonly pid: number; readonly port: number }
  | { readonly kind: 'misleading'; readonly text: string };

/** Postgres writes the file at once right after creating it, so a file without content for this long is left over. */
const incompleteAfterMs = 2000;

/** Reads the presence of a server in the cluster directory (PGDATA, real path). */
export async function readPresence(cluster: string): Promise<Presence> {
  const path = join(cluster, 'postmaster.pid');
  let text: string;
  let writtenMs: number;
  try {
    text = await readFile(path, 'utf8');
    writtenMs = (await stat(path)).mtimeMs;
  } catch {
    return { kind: 'absent' };
  }
  const file = parsePostmasterFile(text);
  if (!file) {
    const fresh = Date.now() - writtenMs < incompleteAfterMs;
    return fresh ? { kind: 'starting' } : { kind: 'misleading', text };
  }
  if (!processExists(file.pid)) return { kind: 'absent' };
  if (!(await isServerOf(file.pid, cluster))) return { kind: 'misleading', text };
  if (file.status !== 'ready') return { kind: 'starting' };
  return { kind: 'ready', pid: file.pid, port: file.port };
}

/** The parts of `postmaster.pid` that matter: lines 1, 4 and 8. Undefined when it is not complete. */
function parsePostmasterFile(
  text: string,
): { pid: number; port: number; status: string } | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !Number.isInteger(port) || port <= 0) return undefined;
  return { pid, port, status: lines[7] ?? '' };
}

/**
 * Removes a misleading `postmaster.pid`, unless it is no longer the one that was judged: then another process has
 * cleared it and started a server. It is renamed before it is read, so that a new file is never deleted by mistake.
 */
export async function removeMisleadingFile(cluster: string, judged: string): Promise<void> {
  const path = join(cluster, 'postmaster.pid');
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) === judged) await rm(aside);
  else await rename(aside, path);
}

/**
 * True when the server at `url` answers and serves this very cluster, not one that took over its port. False if it does not
 * accept connections (not yet, or no longer).
 *
 * @throws {KnownError} `embedded_failed` when it refuses the password
 */
export async function answersFor(url: string, cluster: string): Promise<boolean> {
  const client = createClient(
    { connectionString: url, connectionTimeoutMillis: 5000 },
    () => false,
  );
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === cluster;
  } catch (error) {
    if (foreignCodeOf(error) !== sqlstates.invalidPassword) return false;
    throw new KnownError('embedded_failed', {
      found: `The PostgreSQL server that runs in ${cluster} refuses the password in ${join(cluster, 'password')}`,
      sqlState: sqlstates.invalidPassword,
      cause: translateError(error),
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether a process with that number runs, also one of another user. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return foreignCodeOf(error) === 'EPERM';
  }
}

/**
 * A postmaster works in its cluster's directory, and has it in its arguments if it was started here. Containers hide the
 * directory of another user's process, so both are checked.
 */
async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return directory === cluster || command.split('\0').includes(cluster);
  }
  const listed = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(
    () => undefined,
  );
  return listed?.stdout.includes(cluster) ?? false;
}
