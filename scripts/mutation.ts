/**
 * `npm run test:mutation -- [files] [--tests files]`: puts small faults into the program, one at a time, and tells which of
 * them no test finds. Files are those to put faults into (default: `ingest`, `streams` and `zendesk` whole, which takes
 * many hours); tests are those that look for them (default: those that the folder of the file has). Ends with status 1 when
 * fewer than nine tenths were found.
 */
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';
import { findFiles } from './test-run.ts';

/** What is worth a search, and the tests that look there; what is quick comes first, because the first that fails ends it. */
const testsOf = {
  'src/ingest/': ['test/unit', 'test/ingest'],
  'src/streams/': ['test/unit', 'test/streams/contract.test.ts', 'test/ingest'],
  'src/zendesk/': ['test/unit', 'test/zendesk', 'test/ingest'],
};
/** They start processes of their own, in which no fault is active, or kill what they start. */
const unfit = ['chaos', 'two-processes', 'people-after-backfill'];

const { values, positionals } = parseArgs({
  options: { tests: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const rooms = Object.keys(testsOf);
const files = positionals.length === 0 ? rooms.map((room) => `${room}**/*.ts`) : positionals;
const usual = Object.entries(testsOf).flatMap(([room, tests]) =>
  files.some((file) => file.startsWith(room)) ? tests : [],
);
const tests = [...new Set(values.tests ?? usual)]
  .flatMap((path) => findFiles([path]))
  .filter((file) => !unfit.some((name) => file.endsWith(`/${name}.test.ts`)))
  .map((file) => relative('.', file));

// What a fault keeps from happening is not waited for as long as what a busy machine delays.
process.env['TEST_PATIENCE'] ??= '0.1';
await globalSetup();
try {
  await new Stryker({
    mutate: files,
    testRunner: 'tap',
    plugins: ['@stryker-mutator/tap-runner'],
    tap: { testFiles: tests, nodeArgs: ['--test-reporter=tap'] },
    coverageAnalysis: 'perTest',
    // Node.js strips the types; Stryker would rewrite the configuration of a TypeScript that it does not know.
    tsconfigFile: 'none',
    concurrency: Math.max(1, Math.floor(availableParallelism() / 2)),
    timeoutMS: 5_000,
    tempDirName: join(tmpdir(), `zls-mutation-${process.pid}`),
    cleanTempDir: 'always',
    ignorePatterns: ['dist', 'data'],
    reporters: ['progress', 'clear-text'],
    clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
    allowConsoleColors: false,
    thresholds: { high: 100, low: 90, break: 90 },
  }).runMutationTest();
} finally {
  await globalTeardown();
}
