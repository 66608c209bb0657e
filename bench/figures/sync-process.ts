import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatSigningKey, makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { DEFAULT_CREDENTIALS } from '../../src/simulator/simulator.ts';
import type { Stage } from '../stage.ts';

const signingKey = formatSigningKey(makeSigningKey('acme/zendesk-log-sync'));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a run of `sync` has stored, and what it needed. */
export type SyncRun = {
  readonly rows: number;
  /** Resident memory from the first page to the last. */
  readonly megabytes: readonly number[];
  readonly progress: readonly { readonly atMs: number; readonly rows: number }[];
};

/** Builds the program as for the package: the installed program is measured, not the sources. */
export async function buildProgram(): Promise<void> {
  await promisify(execFile)('npm', ['run', 'build'], { cwd: root });
}

/** Runs `sync access_logs` of the built program to its end and watches it. Linux only. */
export async function runSync(stage: Stage, origin: string): Promise<SyncRun> {
  const child = spawn(process.execPath, ['dist/main.js', 'sync', 'access_logs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ZENDESK_BASE_URL: origin,
      ZENDESK_SUBDOMAIN: 'acme',
      ZENDESK_CLIENT_ID: DEFAULT_CREDENTIALS.clientId,
      ZENDESK_CLIENT_SECRET: DEFAULT_CREDENTIALS.clientSecret,
      DATABASE_URL: stage.url,
      ACCESS_LOGS_REQUESTS_PER_MINUTE: '100000',
      // Otherwise it would make one and keep it in this folder.
      SIGNING_KEY: signingKey,
    },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const megabytes: number[] = [];
  const progress: { atMs: number; rows: number }[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    const rows = await countRows(stage);
    // After the last page the rollups are made, which do not need the memory of pages.
    if (rows > (progress.at(-1)?.rows ?? 0)) {
      progress.push({ atMs: performance.now(), rows });
      const resident = await readResident(child.pid);
      if (resident !== undefined) megabytes.push(resident);
    }
    await sleep(100);
  }
  const [status] = await ended;
  if (status !== 0) throw new Error(`sync ended with status ${status}:\n${said}`);
  return { rows: progress.at(-1)?.rows ?? 0, megabytes, progress };
}

async function countRows({ db }: Stage): Promise<number> {
  const [counted] = await db.query<{ rows: number }>(
    'select coalesce(sum(rows_new), 0)::float8 as rows from zendesk_sync.fetches',
  );
  return counted?.rows ?? 0;
}

/** In MB; undefined if the process has ended. See proc_pid_status(5). */
async function readResident(pid: number | undefined): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}
