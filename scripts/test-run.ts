import { globSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';
import { setClockOfChildren } from '../test/support/run-clock.ts';
import { type Tally, tallyEvents } from './test-tally.ts';

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
};

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

/** Runs test files, each in its own process, with one database server for all of them. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<Tally> {
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
    const labelled = failures.map(({ title, error }) => ({ title: `${title} (${label})`, error }));
    return { passed, failures: labelled };
  } finally {
    reporter.end();
    await finished(reporter);
    if (needsServer) await globalTeardown();
  }
}

/** Prints all failures and, as the last line, `N passed, N failed`; sets the exit status. */
export function reportTallies(tallies: readonly Tally[]): void {
  const failures = tallies.flatMap((tally) => tally.failures);
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  for (const { title, error } of failures) {
    console.log(`\nFailed: ${title}\n${error.replaceAll(/^/gm, '  ')}`);
  }
  const nothing = passed + failures.length === 0;
  console.log(`\n${passed} passed, ${nothing ? 1 : failures.length} failed`);
  process.exitCode = nothing || failures.length > 0 ? 1 : 0;
}
