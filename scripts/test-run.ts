import { globSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';
import { setClockOfChildren } from '../test/support/run-clock.ts';
import { type Failure, type Tally, tallyEvents } from './test-tally.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort());
}

// Each file is a process: the next one can reuse compiled code.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'zls-tests-compiled');

/** How files are run. */
export type RunOptions = {
  /** Names the run in the titles of failures. */
  readonly label: string;
  /** The date and time at which the run begins, for all processes and databases of it. */
  readonly start: Date;
  /** Whether each test is printed; the failures are in the tally in any case. */
  readonly prints: boolean;
  /** Whether files of a few failures run again. Default: no. */
  readonly repeats?: boolean;
};

/** Failures in more files are no chance: none of these runs again. */
const mostRepeatedFiles = 2;

/** Whether a signal has stopped the run. */
export function isInterrupted(): boolean {
  return interrupted.signal.aborted;
}

/** The test files for the given files, folders and patterns, as absolute paths; reports which of them match none. */
export function findFiles(patterns: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => {
    const isFolder = statSync(pattern, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const files = globSync(isFolder ? join(pattern, '**/*.test.ts') : pattern);
    if (files.length === 0) console.error(`No test file matches ${pattern}.`);
    return files.map((file) => resolve(file));
  });
  return [...new Set(found)].toSorted();
}

/**
 * Runs test files, each in its own process, with one database server for all of them. With `repeats`, a file that failed
 * runs once more, alone; its failures are `unsteady` if everything in it passes then.
 */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<Tally> {
  const first = await runOnce(files, options);
  const failed = new Set(first.failures.map(({ file }) => file));
  if (options.repeats !== true || failed.size > mostRepeatedFiles) return first;
  const steady = new Set<string>();
  for (const file of failed) {
    if (file === undefined || isInterrupted()) continue;
    const again = await runOnce([file], options);
    if (again.failures.length === 0) steady.add(file);
  }
  const isSteady = ({ file = '' }: Failure): boolean => steady.has(file);
  const unsteady = first.failures.filter(isSteady);
  const failures = first.failures.filter((failure) => !isSteady(failure));
  return { passed: first.passed, failures, unsteady };
}

async function runOnce(files: readonly string[], options: RunOptions): Promise<Tally> {
  const { label, start, prints } = options;
  setClockOfChildren(start);
  const needsServer = files.some((file) => !file.includes('/test/unit/'));
  if (needsServer) await globalSetup();
  const reporter = new spec();
  if (prints) reporter.pipe(process.stdout, { end: false });
  else reporter.resume();
  try {
    const events = run({
      files,
      concurrency: 3,
      execArgv: ['--import', import.meta.resolve('../test/support/time-limit.ts')],
      signal: interrupted.signal,
    });
    const { passed, failures } = await tallyEvents(events, files, (event) => reporter.write(event));
    const labelled = failures.map((failure) => ({
      ...failure,
      title: `${failure.title} (${label})`,
    }));
    return { passed, failures: labelled };
  } finally {
    reporter.end();
    await finished(reporter);
    if (needsServer) await globalTeardown();
  }
}

/** Prints all failures, unsteady ones too, and, as the last line, `N passed, N failed`; sets the exit status. */
export function reportTallies(tallies: readonly Tally[]): void {
  const failures = tallies.flatMap((tally) => tally.failures);
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const unsteady = tallies.flatMap((tally) => tally.unsteady ?? []);
  print('Failed once, and passed when its file ran again', unsteady);
  print('Failed', failures);
  const nothing = passed + failures.length === 0;
  console.log(`\n${passed} passed, ${nothing ? 1 : failures.length} failed`);
  process.exitCode = nothing || failures.length > 0 ? 1 : 0;
}

function print(what: string, failures: readonly Failure[]): void {
  for (const { title, error } of failures) {
    console.log(`\n${what}: ${title}\n${error.replaceAll(/^/gm, '  ')}`);
  }
}
