import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EngineOptions, Place } from './engine.ts';

/** What the process is to pull, and how. */
export type PullingTask = { readonly place: Place; readonly options: EngineOptions };

/** What it reports: that it waits for a lease, sends a request, has stored a page. */
export type PullingEvent = 'lease' | 'request' | 'page';

/** A process that pulls both logs after a start signal, and may be stopped and killed at any time. */
export type PullingProcess = {
  readonly pid: number;
  /** Resolves when it has loaded its program. */
  readonly ready: Promise<void>;
  readonly go: (task: PullingTask) => void;
  /** Resolves when it has reported an event so often; fails if it ends before that. */
  readonly when: (event: PullingEvent, times: number) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Sets its clock to the one of the run and so much more, whatever it was before. */
  readonly stepClock: (aheadMs: number) => void;
  /** How its runs ended, one word or sentence each; undefined if it was killed. Fails if it fell. */
  readonly ended: Promise<string[] | undefined>;
};

// A process that was stopped would outlive this one.
const living = new Set<{ kill: (signal: NodeJS.Signals) => unknown }>();
process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));

const program = fileURLToPath(new URL('./pulling-child.ts', import.meta.url));

/** Starts a process that waits for its task. */
export function startPullingProcess(): PullingProcess {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  living.add(child);
  const counts = { ready: 0, lease: 0, request: 0, page: 0 };
  const waiting = new Set<() => void>();
  let [last, outcomes, trouble] = ['', '[]', ''];
  let rest = '';
  child.setMaxListeners(0);
  // It may have ended before what is written arrives.
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      last = line;
      if (line.startsWith('[')) outcomes = line;
      if (line in counts) counts[line as keyof typeof counts] += 1;
    }
    for (const look of waiting) look();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (trouble += chunk));

  async function when(event: keyof typeof counts, times: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (counts[event] >= times) resolve();
    };
    waiting.add(look);
    child.once('close', () => reject(new Error(`it ended before ${event} ${times}: ${last}`)));
    look();
    await promise.finally(() => waiting.delete(look));
  }

  async function end(): Promise<string[] | undefined> {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
    living.delete(child);
    if (signal === 'SIGKILL') return undefined;
    assert.deepEqual({ status, signal, trouble }, { status: 0, signal: null, trouble: '' });
    return JSON.parse(outcomes) as string[];
  }

  const ready = when('ready', 1);
  ready.catch(() => {});
  return {
    pid: child.pid ?? assert.fail('no process was started'),
    ready,
    go: (task) => void child.stdin.write(`${JSON.stringify(task)}\n`),
    when,
    kill: (signal) => void child.kill(signal),
    stepClock: (aheadMs) => void child.stdin.write(`${aheadMs}\n`),
    ended: end(),
  };
}
