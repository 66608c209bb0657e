import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { removeMisleadingFile } from '../../src/database/embedded/presence.ts';
import { cluster, open, openElsewhere, query, temporary } from '../support/embedded.ts';
import { waitUntil } from '../support/pulled-account.ts';

const path = join(cluster, 'postmaster.pid');

/** Whether a server says that it is ready; it may replace or remove its file at any moment. */
function isReady(): boolean {
  try {
    return readFileSync(path, 'utf8').includes('ready');
  } catch {
    return false;
  }
}

const leftOver = (pid: number) => `${pid}\n${cluster}\n1\n5432\n\n127.0.0.1\n 1 1\nready   \n`;

describe('a database that several processes open', () => {
  it('has one server: the second process joins it, and the end of the second leaves it running', async () => {
    const owner = await openElsewhere();
    const guest = await open();
    assert.deepEqual([owner.started, guest.started], [true, false]);
    assert.equal(guest.url, owner.url);
    await guest.stop();
    assert.deepEqual(await query(guest.url, 'select 1'), [[1]]);
    await owner.stop();
    await assert.rejects(query(guest.url, 'select 1'), { code: 'ECONNREFUSED' });
  });

  it('continues for the guest at the same url when the owner ends first', async () => {
    const owner = await openElsewhere();
    const guest = await open();
    await query(guest.url, 'create table inherited as select 4 as id');
    await owner.stop();
    await waitUntil(isReady);
    assert.deepEqual(await query(guest.url, 'select id from inherited'), [[4]]);
    await guest.stop();
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

  it('waits for a server that is stopping and starts the next one', async () => {
    const first = await open();
    const stopped = first.stop();
    await waitUntil(() => !isReady());
    const second = await open();
    await stopped;
    assert.equal(second.started, true);
    assert.deepEqual(await query(second.url, 'select 1'), [[1]]);
    await second.stop();
  });
});
describe('the end of the process that started the server', () => {
  it(
    'ends the server, even when it was killed, and the directory can be opened again',
    { skip: process.platform !== 'linux' },
    async () => {
      const owner = await openElsewhere();
      await query(owner.url, 'create table kept as select 9 as id');
      owner.child.kill('SIGKILL');
      await waitUntil(() => !existsSync(path));
      const { url, started, stop } = await open();
      assert.equal(started, true);
      assert.deepEqual(await query(url, 'select id from kept'), [[9]]);
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
describe('a postmaster.pid that is left over', () => {
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
describe('a process of root', { skip: process.getuid?.() !== 0 }, () => {
  it('runs the server as another user where user namespaces are forbidden, and others still find it', async () => {
    const dir = join(temporary, 'without-namespaces');
    const fake = join(temporary, 'bin');
    await mkdir(fake);
    await writeFile(join(fake, 'unshare'), '#!/bin/sh\necho unshare: not permitted >&2\nexit 1\n', {
      mode: 0o755,
    });
    await chmod(temporary, 0o755);
    const searchPath = `${fake}:${process.env['PATH']}`;
    const owner = await openElsewhere(dir, searchPath);
    const guest = await openElsewhere(dir, searchPath);
    assert.deepEqual([owner.started, guest.started], [true, false]);
    assert.notEqual(statSync(join(dir, 'cluster', 'PG_VERSION')).uid, 0);
    await guest.stop();
    await owner.stop();

    // If namespaces are allowed, files of that user stay files of that user.
    const later = await openElsewhere(dir);
    assert.equal(later.started, true);
    assert.notEqual(statSync(join(dir, 'cluster', 'postmaster.pid')).uid, 0);
    await later.stop();
  });
});
