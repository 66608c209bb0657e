import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { hasCode } from '../../src/errors.ts';
import {
  binariesDir,
  cluster,
  dataDir,
  open,
  query,
  refusal,
  temporary,
} from '../support/embedded.ts';
import { waitUntil } from '../support/pulled-account.ts';

const wayOut = 'set DATABASE_URL to use your own PostgreSQL server.';

const readPid = () => Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'));

/** Whether another server than that has written its number; the file is removed and written meanwhile. */
function isReplaced(pid: number): boolean {
  try {
    const present = readPid();
    return !Number.isNaN(present) && present !== pid;
  } catch {
    return false;
  }
}

describe('a database that one process opens', () => {
  it('is created with its directory, and requires the password from a file that only the owner can read', async () => {
    const messages: string[] = [];
    const log = (message: string) => messages.push(message);
    const { url, started, stop } = await open({ durable: true, log });
    const { port, password, pathname } = new URL(url);
    assert.equal(started, true);
    assert.equal(pathname, '/zendesk');
    assert.deepEqual(messages, [`The embedded PostgreSQL server runs at 127.0.0.1:${port}.`]);
    assert.equal(statSync(join(cluster, 'password')).mode & 0o777, 0o600);
    assert.equal(statSync(dataDir).mode & 0o777, 0o700);
    assert.match(password, /^[0-9a-f]{48}$/);
    await assert.rejects(query(url.replace(password, 'guess'), 'select 1'), { code: '28P01' });
    assert.deepEqual(
      await query(
        url,
        `select current_setting('server_encoding'), current_setting('timezone'), current_setting('fsync'),
                current_setting('unix_socket_directories'), (select datcollate from pg_database where datname = 'zendesk')`,
      ),
      [['UTF8', 'UTC', 'on', '', process.platform === 'darwin' ? 'C' : 'C.UTF-8']],
    );
    await query(url, 'create table kept (id int); insert into kept values (7)');
    await stop();
    await stop();
    assert.equal(existsSync(join(cluster, 'postmaster.pid')), false);
    assert.match(
      readFileSync(join(dataDir, 'postgres.log'), 'utf8'),
      /database system is shut down/,
    );
  });

  it('is cancelled by a signal while it is created, and leaves nothing incomplete', async () => {
    const dir = join(temporary, 'given-up');
    const giveUp = new AbortController();
    const opening = open({ dataDir: dir, signal: giveUp.signal });
    await waitUntil(() => globSync('cluster-new-*/PG_VERSION', { cwd: dir }).length > 0);
    const reason = new Error('enough');
    giveUp.abort(reason);
    await assert.rejects(opening, reason);
    assert.deepEqual(readdirSync(dir), []);
  });

  it('listens only on the loopback address', async (t) => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
    if (outside === undefined) return t.skip('this machine has no other address');
    const { url, stop } = await open();
    const socket = connect(Number(new URL(url).port), outside);
    const [error]: unknown[] = await once(socket, 'error');
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'ECONNREFUSED');
    await stop();
  });

  it('keeps its rows and its password from one start to the next', async () => {
    const first = await open();
    await first.stop();
    const second = await open();
    assert.equal(new URL(second.url).password, new URL(first.url).password);
    assert.deepEqual(await query(second.url, 'select id from kept'), [[7]]);
    assert.deepEqual(await query(second.url, 'show fsync'), [['off']]);
    await second.stop();
  });

  it('writes no statement and no value into the log of the server', async () => {
    const { url, stop } = await open();
    await assert.rejects(query(url, `select 'jane@example.com'::inet`), { code: '22P02' });
    await stop();
    assert.doesNotMatch(readFileSync(join(dataDir, 'postgres.log'), 'utf8'), /jane|inet/);
  });

  it('starts its server again when that was killed, reports it, and loses nothing', async () => {
    const messages: string[][] = [];
    const first = await open({ log: (message, level) => messages.push([level, message]) });
    await query(first.url, 'insert into kept values (8)');
    const pid = readPid();
    const db = openDatabase({ url: first.url, patienceMs: 0 });
    process.kill(pid, 'SIGKILL');
    await assert.rejects(
      db.query('select 1'),
      /^KnownError: The embedded Postgres cannot be reached \(.+\)\. The program starts it again; if that fails, the reason is in postgres\.log in DATA_DIR \(\.\/data unless you set it\)\.$/,
    );
    await db.close();
    await waitUntil(() => isReplaced(pid));
    assert.deepEqual(messages.slice(1), [
      [
        'warn',
        `The embedded PostgreSQL server ended unexpectedly (SIGKILL) and is started again; see ${join(dataDir, 'postgres.log')}.`,
      ],
    ]);
    const second = await open();
    assert.deepEqual([second.started, second.url], [false, first.url]);
    assert.deepEqual(await query(second.url, 'select id from kept order by id'), [[7], [8]]);
    await first.stop();
    await second.stop();
  });

  it('stops within its time even when the server does not react', async () => {
    const { stop } = await open({ stopTimeoutMs: 100 });
    const pid = readPid();
    process.kill(pid, 'SIGSTOP');
    await stop();
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    await (await open()).stop();
  });
});
describe('a database that cannot be opened', () => {
  it('says which version made the directory and which one is expected', async () => {
    const dir = join(temporary, 'other-version');
    await mkdir(join(dir, 'cluster'), { recursive: true });
    await writeFile(join(dir, 'cluster', 'PG_VERSION'), '12\n');
    assert.equal(
      await refusal(open({ dataDir: dir })),
      `The data directory ${dir} was created by PostgreSQL 12, but this server is PostgreSQL ${binariesDir === undefined ? 18 : 15}; ` +
        `choose another DATA_DIR, or ${wayOut}`,
    );
  });

  it('says when the directory belongs to another server', async () => {
    const dir = join(temporary, 'not-ours');
    await mkdir(dir);
    await writeFile(join(dir, 'PG_VERSION'), '18\n');
    assert.equal(
      await refusal(open({ dataDir: dir })),
      `The data directory ${dir} belongs to another PostgreSQL server; choose another DATA_DIR, or ${wayOut}`,
    );
  });

  it('says when the directory cannot be made', async () => {
    await writeFile(join(temporary, 'file'), '');
    const dir = join(temporary, 'file', 'data');
    assert.equal(
      await refusal(open({ dataDir: dir })),
      `The data directory ${dir} cannot be written (ENOTDIR); choose another DATA_DIR, or ${wayOut}`,
    );
  });

  it('says when the programs do not run here', async () => {
    const dir = join(temporary, 'broken');
    await mkdir(dir);
    await writeFile(join(dir, 'initdb'), '');
    await writeFile(
      join(dir, 'postgres'),
      '#!/bin/sh\necho libicu.so.60: cannot open, error 2 >&2\nexit 127\n',
      {
        mode: 0o755,
      },
    );
    assert.equal(
      await refusal(open({ dataDir: join(dir, 'data'), binariesDir: dir })),
      `The program ${join(dir, 'postgres')} does not run here (libicu.so.60: cannot open, error 2); ${wayOut}`,
    );
  });

  it("gives the server's own reason when it does not start", async () => {
    const settings = join(cluster, 'postgresql.conf');
    const before = await readFile(settings, 'utf8');
    await writeFile(settings, 'max_connections = none\n');
    try {
      await assert.rejects(open(), (error) => {
        assert.ok(hasCode(error, 'embedded_failed'));
        assert.match(
          error.message,
          /^The embedded PostgreSQL server did not start: (FATAL|LOG): .* \(see .*postgres\.log\)\.$/,
        );
        return true;
      });
    } finally {
      await writeFile(settings, before);
    }
    await (await open()).stop();
  });
});
