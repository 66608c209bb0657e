/**
 * A Postgres server that a standby follows with streaming replication, and that dies: what the standby has not received is
 * lost. Both are made from one `initdb`, so that no program for copying is needed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chooseAccount,
  dieWithParent,
  programEnvironment,
  runProgram,
  type Account,
} from '../../src/database/embedded/account.ts';
import { locateBinaries } from '../../src/database/embedded/binaries.ts';
import { startDatabaseProxy } from './database-proxy.ts';
import { findFreePort } from './free-port.ts';
import { chooseParent } from './global-setup.ts';
import type { Deeds } from './lagging-replica.ts';
import { waitUntil } from './pulled-account.ts';
import { withClient } from './query.ts';

/**
 * Runs `work` with such a server; meanwhile the databases that this process creates for tests are on it. The standby stops
 * receiving once it has everything up to then, and takes over at the same address when the server has died.
 */
export async function withFollowedServer(work: (server: Deeds) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(await chooseParent(), 'zls-standby-'));
  const former = process.env['TEST_DATABASE_URL'];
  const running: (() => Promise<void>)[] = [];
  try {
    const { initdb, postgres } = await locateBinaries(process.env['TEST_POSTGRES_BINARIES']);
    const [primaryDir, standbyDir] = [join(folder, 'primary'), join(folder, 'standby')];
    const account = await chooseAccount(folder, primaryDir, postgres);
    await makeCluster(account, initdb, primaryDir);
    await cp(primaryDir, standbyDir, { recursive: true });
    await chmod(standbyDir, 0o700);
    const primary = await start(account, postgres, primaryDir);
    running.push(primary.stop);
    const { port } = new URL(primary.url);
    await writeFile(join(standbyDir, 'standby.signal'), '');
    await appendFile(
      join(standbyDir, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres'\n`,
    );
    const standby = await start(account, postgres, standbyDir);
    running.push(standby.stop);
    const proxy = await startDatabaseProxy(primary.url);
    running.push(() => proxy.close());
    process.env['TEST_DATABASE_URL'] = proxy.url;
    await work({
      leaveBehind: () => leaveBehind(primary.url, standby.url),
      failOver: () =>
        proxy.closedDuring(async () => {
          await primary.stop();
          await withClient(standby.url, (query) => query('select pg_promote()'));
          proxy.redirect(standby.url);
        }),
    });
  } finally {
    process.env['TEST_DATABASE_URL'] = former;
    for (const stop of running.toReversed()) await stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeCluster(account: Account, initdb: string, directory: string): Promise<void> {
  const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-sync'];
  const made = await runProgram(account, initdb, [`--pgdata=${directory}`, ...options]);
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
}

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  wal_keep_size: '1GB',
};

type Server = { readonly url: string; readonly stop: () => Promise<void> };

async function start(account: Account, postgres: string, directory: string): Promise<Server> {
  const port = await findFreePort();
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const [command, ...rest] = [...account.prefix, ...dieWithParent(), postgres];
  const child = spawn(command, [...rest, '-D', directory, '-p', String(port), ...options], {
    ...account.identity,
    stdio: 'ignore',
    env: programEnvironment(),
    cwd: '/',
  });
  const ended = once(child, 'close');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await waitUntil(async () => {
    if (child.exitCode !== null) throw new Error(`Postgres ended with status ${child.exitCode}.`);
    return withClient(url, () => Promise.resolve(true)).catch(() => false);
  });
  return {
    url,
    async stop() {
      // Without a last message, as when its machine dies.
      child.kill('SIGQUIT');
      await ended;
    },
  };
}

async function leaveBehind(primary: string, standby: string): Promise<void> {
  const [now] = await withClient(primary, (query) =>
    query<{ place: string }>('select pg_current_wal_insert_lsn()::text as place'),
  );
  await withClient(standby, async (query) => {
    const isTrue = async (condition: string, values: readonly unknown[] = []): Promise<boolean> =>
      (await query(`select where ${condition}`, values)).length === 1;
    await waitUntil(() => isTrue('pg_last_wal_replay_lsn() >= $1::pg_lsn', [now?.place]));
    await query(`alter system set primary_conninfo = ''`);
    await query('select pg_reload_conf()');
    await waitUntil(() => isTrue('not exists (select from pg_stat_wal_receiver)'));
  });
}
