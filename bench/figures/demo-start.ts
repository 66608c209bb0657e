import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { readPresence } from '../../src/database/embedded/presence.ts';
import type { Figure } from '../figure.ts';
import { summarize } from '../samples.ts';

const program = fileURLToPath(new URL('../../bin/zendesk-log-sync.js', import.meta.url));
const lookEveryMs = 20;
const patienceMs = 60_000;
const mostSeconds = 3;

/** From the start of the demo to its first committed page. It makes a new database each time; the files are warm. */
export const demoStartFigure: Figure = {
  name: 'demo-start',
  async measure(effort) {
    const directory = await mkdtemp(join(tmpdir(), 'zls-bench-'));
    try {
      const samples: number[] = [];
      for (let start = 0; start < (effort === 'tiny' ? 1 : 4); start += 1) {
        const seconds = await startDemo(directory);
        // The first one reads the files from the disk.
        if (start > 0 || effort === 'tiny') samples.push(seconds);
      }
      const summary = summarize(samples);
      return [
        {
          figure: 'Start of the demo to its first committed page',
          target: `≤ ${mostSeconds} s`,
          summary,
          unit: 's',
          reached: summary.median <= mostSeconds,
        },
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function startDemo(directory: string): Promise<number> {
  const started = performance.now();
  const demo = spawn(process.execPath, [program, 'demo', '--once'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], DATA_DIR: directory },
  });
  const ended = once(demo, 'exit');
  try {
    const late = AbortSignal.timeout(patienceMs);
    while (!(await hasPage(directory))) {
      if (demo.exitCode !== null || late.aborted)
        throw new Error('The demo ended, or took too long, before its first page.');
      await sleep(lookEveryMs);
    }
    return (performance.now() - started) / 1000;
  } finally {
    demo.kill('SIGTERM');
    await ended;
  }
}

/** Whether the demo's database exists and has a row, seen from another connection, so it is committed. */
async function hasPage(parent: string): Promise<boolean> {
  const [own = ''] = await readdir(parent);
  const cluster = join(parent, own, 'cluster');
  const presence = await readPresence(cluster);
  const password = await readFile(join(cluster, 'password'), 'utf8').catch(() => undefined);
  if (presence.kind !== 'ready' || password === undefined) return false;
  const client = new Client({
    host: '127.0.0.1',
    port: presence.port,
    user: 'postgres',
    password: password.trim(),
    database: 'zendesk',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query(
      'select from zendesk.access_logs union all select from zendesk.audit_logs limit 1',
    );
    return rowCount === 1;
  } catch {
    // The database, or its tables, do not exist yet.
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
