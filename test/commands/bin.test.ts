import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

// An older Node.js cannot load the clock of the test run, and nothing here reads one.
delete process.env['NODE_OPTIONS'];

const temporary = mkdtempSync(join(tmpdir(), 'zls-bin-'));
after(() => rmSync(temporary, { recursive: true, force: true }));

/** Replaces the program: reports how it was started, or waits for signals. */
const main = (place: string) => `
  const [command] = process.argv.slice(2);
  if (command === 'tell') {
    console.log(JSON.stringify({ place: '${place}', version: process.versions.node, args: process.argv.slice(2) }));
    process.stdin.pipe(process.stderr);
    process.exitCode = 7;
  }
  if (command === 'wait') {
    const timer = setTimeout(() => {}, 60_000);
    let count = 0;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        count += 1;
        console.log(signal);
        if (count === 3) clearTimeout(timer);
      });
    }
    console.log('ready');
  }
  if (command === 'die') process.kill(process.pid, 'SIGKILL');
`;

/** Lays out a project around the real file: a checkout, or an installed package when `built`. */
function layOut(name: string, { built = false, runtime = true } = {}): string {
  const project = join(temporary, name);
  mkdirSync(join(project, 'src'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  cpSync(fileURLToPath(new URL('../../bin', import.meta.url)), join(project, 'bin'), {
    recursive: true,
  });
  mkdirSync(join(project, 'dist'));
  writeFileSync(join(project, 'dist/main.js'), main('package'));
  if (!built) {
    writeFileSync(
      join(project, 'src/main.ts'),
      `const place: string = 'checkout';${main('checkout')}`,
    );
  }
  if (runtime) {
    const bundled = join(project, 'node_modules', `node-${process.platform}-${process.arch}`);
    mkdirSync(join(bundled, 'bin'), { recursive: true });
    writeFileSync(join(bundled, 'package.json'), '{}');
    symlinkSync(process.execPath, join(bundled, 'bin/node'));
  }
  return join(project, 'bin/zendesk-log-sync.js');
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function start(node: readonly string[], program: string, ...args: string[]): Child {
  const [command = process.execPath, ...options] = node;
  return spawn(command, [...options, program, ...args], { stdio: 'pipe' });
}

async function finish(child: Child): Promise<{ out: string; err: string; end: unknown[] }> {
  const [out, err, end] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { out, err, end };
}

/** A runtime that says it is old, and the older one of this machine if there is any. */
const pretended = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '24.4.1' } })`;
const olderNodes = [
  [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(pretended)}`],
];
for (const dir of (process.env['PATH'] ?? '').split(':')) {
  if (dir.includes('node_modules')) continue;
  try {
    const version = execFileSync(join(dir, 'node'), ['--version'], { encoding: 'utf8' });
    if (Number.parseInt(version.slice(1)) < 24) {
      olderNodes.push([join(dir, 'node')]);
      break;
    }
  } catch {
    // No Node.js in this directory.
  }
}

describe('zendesk-log-sync on a Node.js that is new enough', () => {
  it('runs the sources in a checkout', async () => {
    const child = start(
      [process.execPath],
      layOut('checkout', { runtime: false }),
      'tell',
      '--x',
      'a b',
    );
    child.stdin.end();
    const { out, end } = await finish(child);
    assert.deepEqual(JSON.parse(out), {
      place: 'checkout',
      version: process.versions.node,
      args: ['tell', '--x', 'a b'],
    });
    assert.deepEqual(end, [7, null]);
  });

  it('runs the built program in an installed package', async () => {
    const child = start(
      [process.execPath],
      layOut('package', { built: true, runtime: false }),
      'tell',
    );
    child.stdin.end();
    const { out } = await finish(child);
    assert.deepEqual(JSON.parse(out), {
      place: 'package',
      version: process.versions.node,
      args: ['tell'],
    });
  });
});

for (const [index, node] of olderNodes.entries()) {
  describe(`zendesk-log-sync on an older Node.js (${index === 0 ? 'pretended' : 'real'})`, () => {
    const program = layOut(`older-${index}`);

    it('runs itself with the bundled runtime, with the same input, output and status', async () => {
      const child = start(node, program, 'tell', '--x', 'a b');
      child.stdin.end('typed');
      const { out, err, end } = await finish(child);
      assert.deepEqual(JSON.parse(out), {
        place: 'checkout',
        version: process.versions.node,
        args: ['tell', '--x', 'a b'],
      });
      assert.equal(err, 'typed');
      assert.deepEqual(end, [7, null]);
    });

    it('passes each signal on once and waits for the program to end', async () => {
      const child = start(node, program, 'wait');
      const exited = once(child, 'exit');
      const seen: string[] = [];
      for await (const line of createInterface(child.stdout)) {
        seen.push(line);
        if (line === 'ready') child.kill('SIGINT');
        if (line === 'SIGINT') child.kill('SIGTERM');
        if (line === 'SIGTERM') child.kill('SIGHUP');
      }
      assert.deepEqual(seen, ['ready', 'SIGINT', 'SIGTERM', 'SIGHUP']);
      assert.deepEqual(await exited, [0, null]);
    });

    it('passes Ctrl-C on once, although the terminal interrupts the whole process group', async () => {
      const child = spawn(node[0] ?? '', [...node.slice(1), program, 'wait'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      const exited = once(child, 'exit');
      const seen: string[] = [];
      for await (const line of createInterface(child.stdout)) {
        seen.push(line);
        if (line === 'ready') process.kill(-(child.pid ?? 0), 'SIGINT');
        if (line === 'SIGINT') child.kill('SIGTERM');
        if (line === 'SIGTERM') child.kill('SIGHUP');
      }
      assert.deepEqual(seen, ['ready', 'SIGINT', 'SIGTERM', 'SIGHUP']);
      await exited;
    });

    it('ends by the signal that ended the program', async () => {
      const { end } = await finish(start(node, program, 'die'));
      assert.deepEqual(end, [null, 'SIGKILL']);
    });

    it('says what is missing and ends with status 2 when no runtime is bundled', async () => {
      const { out, err, end } = await finish(
        start(node, layOut(`bare-${index}`, { runtime: false }), 'tell'),
      );
      const version = index === 0 ? '24.4.1' : err.match(/this is ([\d.]+),/)?.[1];
      assert.equal(
        err,
        `zendesk-log-sync needs Node.js 24.5 or newer; this is ${version}, and no bundled runtime is installed for ` +
          `${process.platform}-${process.arch}: install Node.js 24.5.\n`,
      );
      assert.equal(out, '');
      assert.deepEqual(end, [2, null]);
    });
  });
}
