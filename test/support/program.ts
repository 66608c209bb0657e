/** The program as its users run it: as a separate process, for tests. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { patienceMs } from './patience.ts';
import { clockEnvironment } from './run-clock.ts';

/** Settings of a program as environment variables. */
export type Environment = Readonly<Record<string, string>>;

/** How a program ended, and everything it wrote. */
export type Ended = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly ms: number;
};

/** A running program. */
export type Program = {
  readonly pid: number;
  /** What it has written so far, on stdout and stderr. */
  readonly written: () => string;
  /** Resolves when its output matches; fails if it ends before. */
  readonly waitFor: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when it has ended. Fails when it has printed one of the secrets in its settings, or any credentials. */
  readonly ended: Promise<Ended>;
};

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Settings that shorten a program's waits between its attempts; see `short-waits.ts`. */
export const shortWaits: Environment = {
  NODE_OPTIONS:
    `${process.env['NODE_OPTIONS'] ?? ''} --import=${import.meta.resolve('./short-waits.ts')}`.trim(),
};

/** A directory that is removed after the test file; the programs run in it. */
export const temporary = mkdtempSync(join(tmpdir(), 'zls-program-'));
const running = new Set<Program>();
after(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.allSettled([...running].map(({ ended }) => ended));
  rmSync(temporary, { recursive: true, force: true });
});

/** Starts `zendesk-log-sync` with these arguments, and with only these settings. */
export function startProgram(args: readonly string[], settings: Environment = {}): Program {
  // Services that run at the same time cannot all use the default port.
  return startProcess([process.execPath, main, ...args], { HTTP_PORT: '0', ...settings });
}

/** Runs `zendesk-log-sync` to its end. */
export function runProgram(args: readonly string[], settings: Environment = {}): Promise<Ended> {
  return startProgram(args, settings).ended;
}

/** Programs that start again and again read what was compiled before: half of what a short command takes. */
const compiled = process.env['NODE_COMPILE_CACHE'];

/** Only signs the logs of tests. Without it each program would leave a key in the data directory. */
const signingKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIEIWEo7kGcoi3sBRE+8umCMdEnUKkbb6NNr6CWhjVf+B
-----END PRIVATE KEY-----`;

/**
 * Starts a command in an environment with the settings, the search path, the clock of the run, the place of compiled code
 * and nothing else of this process.
 */
export function startProcess(
  [command = '', ...args]: readonly string[],
  settings: Environment = {},
  cwd = temporary,
): Program {
  const searchPath = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: {
      PATH: searchPath,
      HOME: temporary,
      SIGNING_KEY: signingKey,
      ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }),
      ...clockEnvironment(),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const written = (): string => texts.stdout + texts.stderr;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) =>
      resolve({ status, signal, ...texts, ms: performance.now() - startedMs }),
    );
  }).then((end) => {
    assertDiscreet(written(), secretsIn(settings));
    return end;
  });
  const program: Program = {
    pid: child.pid ?? assert.fail(`${command} did not start`),
    written,
    waitFor: (pattern) => waitForText(pattern, written, listeners, ended),
    kill: (signal) => void child.kill(signal),
    ended,
  };
  running.add(program);
  ended.catch(() => {}).finally(() => running.delete(program));
  return program;
}

/**
 * Whether a program ends within a time that is promised to users. The time is measured with many short waits of this
 * process, which take longer on a busy machine, as the program's own work does.
 */
export async function endsWithin({ ended }: Program, promisedMs: number): Promise<boolean> {
  const stepMs = 100;
  async function timeUp(): Promise<false> {
    for (let waitedMs = 0; waitedMs < promisedMs; waitedMs += stepMs)
      await sleep(stepMs, undefined, { ref: false });
    return false;
  }
  return Promise.race([ended.then(() => true), timeUp()]);
}

async function waitForText(
  pattern: RegExp,
  written: () => string,
  listeners: Set<() => void>,
  ended: Promise<unknown>,
): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const look = (): void => {
    const found = pattern.exec(written());
    if (found !== null) resolve(found);
  };
  const giveUp = (why: string): void =>
    reject(new assert.AssertionError({ message: `${why} without ${pattern}:\n${written()}` }));
  const timer = setTimeout(() => giveUp(`${patienceMs / 1000} seconds went by`), patienceMs);
  listeners.add(look);
  ended.then(() => giveUp('The program ended'), reject);
  look();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    listeners.delete(look);
  }
}

/** The settings for a program that pulls the simulated account into a database. */
export function settingsFor(
  simulator: Pick<Simulator, 'url' | 'options'>,
  databaseUrl: string,
  more: Environment = {},
): Environment {
  const { subdomain, credentials } = simulator.options;
  return {
    DATABASE_URL: databaseUrl,
    ZENDESK_SUBDOMAIN: subdomain,
    ZENDESK_BASE_URL: simulator.url,
    ZENDESK_CLIENT_ID: credentials.clientId,
    ZENDESK_CLIENT_SECRET: credentials.clientSecret,
    ...more,
  };
}

const secretSettings = [
  'ZENDESK_CLIENT_SECRET',
  'ZENDESK_OAUTH_TOKEN',
  'ZENDESK_API_TOKEN',
  'DATABASE_URL',
  'HEARTBEAT_URL',
  'ALERT_WEBHOOK_URL',
];

/** Every text in the settings that nobody may see, and what becomes of it on its way. */
export function secretsIn(settings: Environment): string[] {
  const values = secretSettings.flatMap((name) => settings[name] ?? []);
  for (const name of ['DATABASE_URL', 'SMTP_URL', 'HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy']) {
    const url = settings[name] ?? '';
    if (URL.canParse(url)) values.push(new URL(url).password);
  }
  const { ZENDESK_USER_EMAIL: email, ZENDESK_API_TOKEN: token } = settings;
  if (email !== undefined && token !== undefined)
    values.push(Buffer.from(`${email}/token:${token}`).toString('base64'));
  return values
    .flatMap((value) => [value, encodeURIComponent(value), decodeURIComponent(value)])
    .filter((value) => value !== '');
}

/** Fails when a text holds one of the secrets, or what looks like the credentials of a request. */
export function assertDiscreet(text: string, secrets: readonly string[]): void {
  assert.deepEqual(
    secrets.filter((secret) => text.includes(secret)),
    [],
    'secrets were printed',
  );
  assert.doesNotMatch(text, /\b(bearer|basic) [\w+/=.-]{12,}/i);
  // Access tokens that the simulator mints.
  assert.doesNotMatch(text, /\b[0-9a-f]{64}\b/);
}
