/** A real PgBouncer in transaction mode, if it is installed. */
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../support/free-port.ts';

/** A pooler in front of a server. */
export type Pooler = {
  /** The url of the target's database, through the pooler. */
  readonly url: string;
  readonly stop: () => Promise<void>;
};

/** The program, from the search path or Debian's package; undefined if it is not installed. */
export function findPgBouncer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];
  return folders
    .map((folder) => join(folder, 'pgbouncer'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Starts one with so many connections to the server of `target`, and no more. */
export async function startPooler(
  program: string,
  target: string,
  poolSize: number,
): Promise<Pooler> {
  const { hostname, port, username, password, pathname } = new URL(target);
  const ownPort = await findFreePort();
  const folder = mkdtempSync(join(tmpdir(), 'zls-pooler-'));
  const settings = join(folder, 'pgbouncer.ini');
  const database = decodeURIComponent(pathname.slice(1));
  writeFileSync(
    settings,
    [
      '[databases]',
      `* = host=${hostname} port=${port} user=${quote(username)} password=${quote(password)}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${ownPort}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      `default_pool_size = ${poolSize}`,
      // Transactions of one client go to different connections in turn: code that relies on a session fails at once.
      'server_round_robin = 1',
      'logfile =',
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  // PgBouncer refuses to run as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  if (nobody !== undefined)
    for (const path of [folder, settings]) chownSync(path, nobody.uid, nobody.gid);
  const child = spawn(program, ['-q', settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...nobody,
  });
  let trouble = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (trouble += text));
  const ended = once(child, 'exit');
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  while (!(await answers(ownPort))) {
    if (isOver()) throw new Error(`pgbouncer ended: ${trouble}`);
    await sleep(20);
  }
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${ownPort}/${encodeURIComponent(database)}`,
    async stop() {
      // At once, even if clients are connected.
      if (!isOver()) child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function quote(text: string): string {
  return `'${decodeURIComponent(text).replaceAll("'", "''")}'`;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
