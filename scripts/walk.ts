/**
 * `npm run docs:walk`: runs the walk of docs/walk.md in a clone of the committed files, and writes down the output. It needs
 * npm's registry, psql and some minutes on an idle machine.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { renderWalk, type WalkedStep } from './walk-document.ts';
import { addressMark, walkSteps, type WalkStep } from './walk-steps.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const stopMs = 15_000;

/** What each step changes: the working directory, and the variables of its shell. */
type Walk = {
  readonly base: string;
  directory: string;
  environment: Record<string, string>;
  readonly background: ChildProcess[];
};

const base = mkdtempSync(join(tmpdir(), 'walk-'));
const walk: Walk = { base, directory: base, environment: usualEnvironment(), background: [] };
try {
  const walked: WalkedStep[] = [];
  for (const step of walkSteps) {
    console.error(step.command);
    walked.push({ ...step, ...(await take(step)) });
  }
  writeFileSync(join(root, 'docs/walk.md'), renderWalk(walked));
} finally {
  for (const child of walk.background) await stop(child);
  rmSync(base, { recursive: true, force: true });
}

/** Without settings of this program, and without what npm has added for this script. */
function usualEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_(?:lifecycle|package|command|config_loglevel)|ZENDESK_|DATABASE_|DATA_DIR|INIT_CWD)/.test(
        name,
      ),
  );
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'));
  // The port of `serve` may be in use on this machine.
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: path.join(':'),
    HTTP_PORT: '0',
  };
}

async function take(
  step: WalkStep,
): Promise<Pick<WalkedStep, 'output' | 'seconds' | 'ownSeconds'>> {
  const began = performance.now();
  const { command, answers = [], until } = step;
  const exported = /^export (\w+)=(\S+)$/.exec(command);
  if (exported !== null) walk.environment[exported[1] ?? ''] = exported[2] ?? '';
  const typed = command.replace(addressMark, JSON.stringify(root));
  const note = join(walk.base, 'times');
  const child = spawn('sh', ['-c', `${typed}\nstatus=$?\ntimes > '${note}'\nexit $status`], {
    cwd: walk.directory,
    env: walk.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // It may have ended before.
  child.stdin.on('error', () => {});
  child.stdin.end(answers.map((line) => `${line}\n`).join(''));
  const text = await (until === undefined ? readAll(child, command) : readUntil(child, until));
  const seconds = (performance.now() - began) / 1000;
  if (command.startsWith('git clone')) walk.directory = join(walk.base, 'zendesk-log-sync');
  const url = /^url +(postgres\S+)$/m.exec(text)?.[1];
  if (url !== undefined) walk.environment['READER_URL'] = url;
  const ownSeconds = until === undefined ? readTimes(readFileSync(note, 'utf8')) : undefined;
  return { output: shorten(text, step.shown), seconds, ownSeconds };
}

async function readAll(child: ChildProcess, command: string): Promise<string> {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (more: string) => (text += more));
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${command} ended with status ${String(status)}:\n${text}`);
  return text;
}

async function readUntil(child: ChildProcess, until: RegExp): Promise<string> {
  walk.background.push(child);
  let text = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (until.test(text)) resolve(text);
      });
    child.once('close', () => reject(new Error(`It ended before it was ready:\n${text}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const group = -child.pid;
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.kill(group, 'SIGTERM');
  const timer = setTimeout(() => process.kill(group, 'SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}

/** Seconds of the processor: the second line of `times` is that of the children, user and system. */
function readTimes(text: string): number {
  const [, children = ''] = text.trim().split('\n');
  return children
    .split(' ')
    .map((part) => /^(\d+)m([\d.]+)s$/.exec(part))
    .reduce((sum, found) => sum + Number(found?.[1] ?? 0) * 60 + Number(found?.[2] ?? 0), 0);
}

function shorten(text: string, shown: RegExp): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r', '\n')
    .split('\n')
    .map((line) => line.trimEnd().replaceAll(walk.base, '…'))
    .filter((line) => !line.startsWith('> ') && shown.test(line))
    .join('\n');
}
