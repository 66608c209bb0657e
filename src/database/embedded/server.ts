import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../../errors.ts';
import { type Account, dieWithParent, programEnvironment } from './account.ts';
import type { ClusterOptions, ClusterPaths } from './cluster.ts';
import { readPresence } from './presence.ts';

/** A server that this process has started. */
export type Server = {
  readonly port: number;
  /** Ends the server within about `stopTimeoutMs` × 1.25 and waits for its exit. May be called several times. */
  readonly stop: (stopTimeoutMs: number) => Promise<void>;
  /** Ends the server at once; it recovers unwritten data at its next start. */
  readonly kill: () => Promise<void>;
  /** Fulfilled when the server has ended, with its exit status or signal in words. */
  readonly exited: Promise<string>;
};

/**
 * Why there is no server: `occupied`, because another process has one or is starting one; `port`, because another program
 * has the wanted port, or took it between its choice and its use.
 */
export type Hindrance = 'occupied' | 'port';

const lookEveryMs = 10;
/** Its processes end at once, unless one of them hangs in the kernel. */
const killTimeoutMs = 1000;
const startTimeoutMs = 10 * 60_000;
const logLimitBytes = 5_000_000;

const serverSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '128MB',
  // Neither replication nor archiving, so a bulk load may write less.
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // The log shows what the server does, and never a statement or a value: clients get their errors anyway.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

// Safe against a crash of the server, not of the machine: a commit is passed to the kernel before it is answered.
const withoutDurability = { fsync: 'off', full_page_writes: 'off' };

/**
 * Starts a server on the cluster and waits until it accepts connections, however long the recovery after a crash
 * takes (at most 10 minutes).
 *
 * @throws {KnownError} `embedded_failed` when it ends before that, with the server's own reason
 * @throws the reason of the signal, after which there is no server
 */
export async function startServer(
  paths: ClusterPaths,
  postgres: string,
  account: Account,
  { durable, signal, port: wanted }: ClusterOptions,
): Promise<Server | Hindrance> {
  await rotateLog(paths.log);
  const port = await choosePort(paths.cluster, wanted);
  if (port === undefined) return 'port';
  const settings = { ...serverSettings, ...(durable ? {} : withoutDurability) };
  const watch = dieWithParent();
  const [command = postgres, ...args] = [
    ...account.prefix,
    ...watch,
    postgres,
    '-D',
    paths.cluster,
    '-p',
    String(port),
    ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
  ];
  const log = openSync(paths.log, 'a', 0o600);
  const logStart = (await stat(paths.log)).size;
  // A separate session: Ctrl-C at the terminal must not end the server before the last transaction of this process.
  const child = spawn(command, args, {
    ...account.identity,
    detached: true,
    stdio: ['ignore', log, log],
    env: programEnvironment(),
    cwd: '/',
  });
  closeSync(log);
  const interrupt = () => child.kill('SIGINT');
  if (watch.length === 0) process.once('exit', interrupt);
  const exited = new Promise<string>((resolve) => {
    const end = (how: string) => {
      process.off('exit', interrupt);
      resolve(how);
    };
    child.once('exit', (status, killedBy) => end(killedBy ?? `exit status ${status}`));
    child.once('error', (error) => end(error.message));
  });

  if (!(await isReadyBeforeExit(child, exited, paths.cluster, signal))) {
    signal?.throwIfAborted();
    return readHindrance(paths.log, logStart, child.pid, await exited);
  }
  child.unref();
  let stopping: Promise<void> | undefined;
  const stop = (stopTimeoutMs: number) =>
    (stopping ??= stopServer(child, exited, [
      ['SIGINT', stopTimeoutMs],
      ['SIGQUIT', stopTimeoutMs / 4],
    ]));
  const kill = () => stopServer(child, exited, [['SIGQUIT', killTimeoutMs]]);
  return { port, exited, stop, kill };
}

async function isReadyBeforeExit(
  child: ChildProcess,
  exited: Promise<string>,
  cluster: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const presence = await readPresence(cluster);
    if (presence.kind === 'ready' && presence.pid === child.pid) return true;
    if (Date.now() > deadline || signal?.aborted === true) child.kill('SIGQUIT');
    if ((await Promise.race([sleep(lookEveryMs), exited])) !== undefined) return false;
  }
}

/** Fast shutdown, which does not let clients finish but writes everything; then immediate shutdown; then SIGKILL. */
async function stopServer(
  child: ChildProcess,
  exited: Promise<string>,
  patience: readonly (readonly [signal: NodeJS.Signals, timeoutMs: number])[],
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  for (const [signal, timeoutMs] of patience) {
    child.kill(signal);
    const timer = new AbortController();
    const gone = await Promise.race([
      exited.then(() => true),
      sleep(timeoutMs, false, { signal: timer.signal }),
    ]);
    timer.abort();
    if (gone) return;
  }
  child.kill('SIGKILL');
  await exited;
}

async function readHindrance(
  log: string,
  logStart: number,
  pid: number | undefined,
  end: string,
): Promise<Hindrance> {
  const handle = await open(log);
  const { buffer, bytesRead } = await handle.read({ position: logStart });
  await handle.close();
  const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n');
  // The server of another process may write to the same file; lines before the start of the server have no number.
  const own = lines.filter((line) => line.includes(`[${pid}]`));
  const reason = own.find((line) => line.includes('FATAL:')) ?? own.at(-1) ?? (lines.at(-1) || end);
  if (reason.includes('could not create any TCP/IP sockets')) return 'port';
  if (/lock file "postmaster.pid"|pre-existing shared memory block/.test(reason)) return 'occupied';
  throw new KnownError('embedded_failed', {
    found: `The embedded PostgreSQL server did not start: ${reason.replace(/^.*\] /, '')} (see ${log})`,
  });
}

async function rotateLog(log: string): Promise<void> {
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > logLimitBytes) await rename(log, `${log}.1`).catch(() => undefined);
}

/**
 * The wanted port, undefined while it is in use; otherwise the port of the previous server, if it is free: then clients that
 * still have the url can continue.
 */
async function choosePort(
  cluster: string,
  wanted: number | undefined,
): Promise<number | undefined> {
  if (wanted !== undefined) return findFreePort(wanted).catch(() => undefined);
  const before = await readFile(join(cluster, 'postmaster.opts'), 'utf8').catch(() => '');
  const known = Number(/"-p" "(\d+)"/.exec(before)?.[1] ?? 0);
  return findFreePort(known).catch(() => findFreePort(0));
}

async function findFreePort(wanted: number): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
