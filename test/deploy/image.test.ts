import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { find, findCopies, readStages } from '../support/dockerfile.ts';
import { startProcess } from '../support/program.ts';
import { readText, readYaml, root } from '../support/project-files.ts';
import { withAccount } from '../support/pulled-account.ts';

const [build, image] = readStages();
const tinyAccount = {
  limits: false,
  accessLogDays: 2,
  accessLogRowsPerDay: 50,
  auditLogDays: 2,
  auditLogRowsPerDay: 20,
};

describe('the Dockerfile', () => {
  it('copies from the project exactly what .dockerignore allows', () => {
    const taken = [build, image].flatMap((stage) => findCopies(stage).fromProject);
    const names = [...new Set(taken.map((path) => path.replace(/^\.\//, '')))].toSorted();
    const [first, ...others] = readText('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(first, '*');
    assert.deepEqual(others.map((line) => line.replace(/^!/, '')).toSorted(), names);
  });

  it('builds an image in two stages on one Debian, with a numeric user that is not root', () => {
    assert.deepEqual(find(build, 'FROM'), ['node:24-bookworm-slim AS build']);
    assert.deepEqual(find(image, 'FROM'), ['debian:bookworm-slim']);
    assert.deepEqual(find(image, 'USER'), ['1000:1000']);
    assert.deepEqual(findCopies(image).fromBuild, [
      '/usr/local/bin/node',
      '/app/node_modules',
      '/app/dist',
      '/app/state',
    ]);
    assert.deepEqual(find(image, 'RUN'), []);
  });

  it('runs the Node.js that package.json asks for', () => {
    const { engines } = readYaml('package.json') as { engines: { node: string } };
    const [, version = ''] = /^node:(\d+)-/.exec(find(build, 'FROM')[0] ?? '') ?? [];
    assert.match(engines.node, new RegExp(`^>=${version}\\.`));
  });
});

describe('the health check of the image', () => {
  const [, check = ''] = / CMD (\[.*\])$/.exec(find(image, 'HEALTHCHECK')[0] ?? '') ?? [];
  const [node, ...args] = JSON.parse(check) as string[];
  let server: Server;
  let asked: string[] = [];
  let status = 200;

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  const run = async (port: number): Promise<number | null> => {
    asked = [];
    assert.equal(node, 'node');
    return (await startProcess([process.execPath, ...args], { HTTP_PORT: String(port) }).ended)
      .status;
  };
  const ownPort = (): number => (server.address() as AddressInfo).port;

  it('asks /livez on the port of the settings', async () => {
    status = 200;
    assert.equal(await run(ownPort()), 0);
    assert.deepEqual(asked, ['/livez']);
    status = 503;
    assert.equal(await run(ownPort()), 1);
  });

  it('fails when nothing answers, and prints nothing if HTTP is off', async () => {
    assert.equal(await run(1), 1);
    assert.equal(await run(0), 0);
    assert.deepEqual(asked, []);
  });
});

describe('the content of the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zls-image-'));
  const stage = join(folder, 'build');
  const app = join(folder, 'app');
  after(() => rmSync(folder, { recursive: true, force: true }));

  // As in the two stages, except `npm ci` and `npm prune`.
  before(() => {
    for (const path of findCopies(build).fromProject)
      cpSync(join(root, path), join(stage, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(stage, 'node_modules'));
    execFileSync('npm', ['run', 'build'], { cwd: stage, stdio: 'pipe' });
    mkdirSync(app);
    cpSync(join(stage, 'dist'), join(app, 'dist'), { recursive: true });
    for (const path of findCopies(image).fromProject)
      cpSync(join(root, path), join(app, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(app, 'node_modules'));
  });

  it('has the definitions of the database, in the image and in the package for npm', () => {
    const names = globSync('**/*.sql', { cwd: join(root, 'src/database/definitions') }).toSorted();
    const built = globSync('**/*.sql', { cwd: join(app, 'dist/database/definitions') }).toSorted();
    assert.deepEqual(built, names);
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: stage,
        encoding: 'utf8',
      }),
    ) as { files: { path: string }[] }[];
    const paths = new Set(packed?.files.map(({ path }) => path));
    assert.deepEqual(
      names.filter((name) => !paths.has(`dist/database/definitions/${name}`)),
      [],
    );
  });

  it('imports nothing that npm prune has removed', () => {
    const { dependencies } = readYaml('package.json') as { dependencies: Record<string, string> };
    const imported = new Set<string>();
    for (const file of globSync(join(app, 'dist/**/*.js'))) {
      const text = readFileSync(file, 'utf8');
      for (const [, fixed, loaded] of text.matchAll(
        /^(?:(?:import|export) [^;]*?from |import )'([^'.][^']*)';$|\bimport\('([^'.][^']*)'\)/gm,
      ))
        imported.add((fixed ?? loaded ?? '').replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1'));
    }
    const unknown = [...imported].filter(
      (name) => !name.startsWith('node:') && dependencies[name] === undefined,
    );
    assert.deepEqual(unknown, []);
    assert.ok(imported.has('pg'));
  });

  it('pulls an account on a file system that it may not write to', async () => {
    await withAccount(tinyAccount, async ({ settings, query }) => {
      // Node's own permission check replaces the read-only file system: every path may be read and none written.
      const guarded = ['--permission', '--allow-fs-read=*', join(app, 'bin/zendesk-log-sync.js')];
      const { status, stdout, stderr } = await startProcess(
        [process.execPath, ...guarded, 'sync'],
        { ...settings, NODE_ENV: 'production' },
        app,
      ).ended;
      assert.equal(status, 0, stdout + stderr);
      const stored = await query<{ stream: string }>(
        'select stream from zendesk_sync.status where gaps = 0 and rows > 0 order by stream',
      );
      assert.deepEqual(
        stored.map(({ stream }) => stream),
        ['access_logs', 'audit_logs', 'users'],
      );
    });
  });
});
