import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { hasCode } from '../../src/errors.ts';
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../src/database/embedded.ts';
import { returnToMachineClock } from './run-clock.ts';

// A cluster that a test opens uses it, and so do the times of its files.
returnToMachineClock();

/** The programs for this test run; undefined: the bundled ones. */
export const binariesDir = process.env['TEST_POSTGRES_BINARIES'];

/** A directory that is removed after the test file. */
export const temporary = mkdtempSync(join(tmpdir(), 'zls-embedded-'));
after(() => rmSync(temporary, { recursive: true, force: true }));

/** Most tests of a file share one cluster, because creating one takes most of the time. */
export const dataDir = join(temporary, 'shared');
/** Postgres's directory of the shared cluster. */
export const cluster = join(dataDir, 'cluster');

const servers: EmbeddedPostgres[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

/** Opens the shared cluster, or the one in the options, at most until the end of the test. */
export async function open(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await openEmbeddedPostgres({ dataDir, binariesDir, durable: false, ...options });
  servers.push(server);
  return server;
}

/** The rows that a statement returns, each as an array. */
export async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

/** A database that another process has opened. */
export type Elsewhere = {
  readonly child: ChildProcess;
  readonly url: string;
  readonly started: boolean;
  readonly readLine: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Opens the database in another process, with its own process group, as a shell would. */
export async function openElsewhere(dir = dataDir, path = process.env['PATH']): Promise<Elsewhere> {
  const program = fileURLToPath(new URL('./embedded-process.ts', import.meta.url));
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

/** The error message of an impossible opening. */
export async function refusal(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    assert.ok(hasCode(error, 'embedded_unusable'), String(error));
    return error.message;
  }
  return assert.fail('it opened');
}
