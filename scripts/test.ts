/**
 * `npm test`: runs the test files, those for which the version of Postgres matters once more on Postgres 15 where Debian's programs are
 * installed. Arguments: files, folders or patterns (default: all); `--only-18` leaves the second run out. With
 * `TEST_DATABASE_URL` everything runs once, on that server. Ends with status 1 when anything failed; the last line is
 * `N passed, N failed`.
 */
import { existsSync, globSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';
import { type Tally, tallyEvents } from './test-tally.ts';

const postgres15 = '/usr/lib/postgresql/15/bin';
/** Where the version of Postgres matters: all statements, and each kind of command once. */
const databaseTests = [
  'test/database/',
  'test/ingest/',
  'test/http/',
  'test/monitoring/',
  'test/reports/',
  'test/commands/backfill.test.ts',
  'test/commands/classify.test.ts',
  'test/commands/database.test.ts',
  'test/commands/doctor-database.test.ts',
  'test/commands/migrate.test.ts',
  'test/commands/report-account-settings.test.ts',
  'test/commands/report-subject.test.ts',
  'test/commands/serve.test.ts',
  'test/commands/status.test.ts',
  'test/commands/sync.test.ts',
];
const interrupted = new AbortController();

// Each file is a process: what one has compiled the next need not.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'zls-tests-compiled');

async function main(args: readonly string[]): Promise<void> {
  const only18 = args.includes('--only-18');
  const patterns = args.filter((arg) => arg !== '--only-18');
  const files = findFiles(patterns.length === 0 ? ['test'] : patterns);
  const given = process.env['TEST_DATABASE_URL'] !== undefined;
  const tallies: Tally[] = [await runFiles(given ? 'TEST_DATABASE_URL' : 'Postgres 18', files)];
  const again = files.filter((file) =>
    databaseTests.some((path) => relative('.', file).startsWith(path)),
  );
  const possible = again.length > 0 && existsSync(join(postgres15, 'initdb'));
  if (possible && !only18 && !given && !interrupted.signal.aborted) {
    process.env['TEST_POSTGRES_BINARIES'] = postgres15;
    console.log('\nOnce more, on Postgres 15:\n');
    tallies.push(await runFiles('Postgres 15', again));
  }
  report(tallies);
}

function findFiles(patterns: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => {
    const isFolder = statSync(pattern, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const files = globSync(isFolder ? join(pattern, '**/*.test.ts') : pattern);
    if (files.length === 0) console.error(`No test file matches ${pattern}.`);
    return files.map((file) => resolve(file));
  });
  return [...new Set(found)].toSorted();
}

async function runFiles(label: string, files: readonly string[]): Promise<Tally> {
  const needsServer = files.some((file) => !file.includes('/test/unit/'));
  if (needsServer) await globalSetup();
  const reporter = new spec();
  reporter.pipe(process.stdout, { end: false });
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

function report(tallies: readonly Tally[]): void {
  const failures = tallies.flatMap((tally) => tally.failures);
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  for (const { title, error } of failures) {
    console.log(`\nFailed: ${title}\n${error.replaceAll(/^/gm, '  ')}`);
  }
  const nothing = passed + failures.length === 0;
  console.log(`\n${passed} passed, ${nothing ? 1 : failures.length} failed`);
  process.exitCode = nothing || failures.length > 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort());
}
await main(process.argv.slice(2));
