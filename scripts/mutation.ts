/**
 * `npm run test:mutation -- [files] [--tests files]`: puts small faults into the program, one at a time, and tells which of
 * them no test finds. Files are those to put faults into (default: all of `ingest`, `streams` and `zendesk`, which takes
 * hours); tests are those that look for them (default: those that `mutation-tests.ts` names for each file). Ends with status
 * 1 when fewer than nine tenths were found.
 */
import { globSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';
import { chooseTests } from './mutation-tests.ts';
import { findFiles } from './test-run.ts';

/** What a search has shown of one file. */
type Share = { readonly file: string; readonly found: number; readonly all: number };

const { values, positionals } = parseArgs({
  options: { tests: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const rooms = ['src/ingest', 'src/streams', 'src/zendesk'].map((room) => `${room}/**/*.ts`);
const files = globSync(positionals.length === 0 ? rooms : positionals).toSorted();

/** Puts faults into one file, and lets the tests look for them that are near it. */
async function search(file: string): Promise<Share> {
  const tests = findFiles(values.tests ?? chooseTests(file)).map((path) => relative('.', path));
  const mutants = await new Stryker({
    mutate: [file],
    // Texts are not wrong in small ways, and SQL is no JavaScript: what it does is tested by its results.
    mutator: { excludedMutations: ['StringLiteral'] },
    testRunner: 'tap',
    plugins: ['@stryker-mutator/tap-runner'],
    tap: { testFiles: tests, nodeArgs: ['--test-reporter=tap'] },
    coverageAnalysis: 'perTest',
    // Node.js strips the types; Stryker would rewrite the configuration of a TypeScript that it does not know.
    tsconfigFile: 'none',
    concurrency: Math.max(1, Math.floor(availableParallelism() / 2)),
    // A slow answer of a busy machine must not count as a fault that was found.
    timeoutMS: 20_000,
    tempDirName: join(tmpdir(), `zls-mutation-${process.pid}`),
    cleanTempDir: 'always',
    ignorePatterns: ['dist', 'data'],
    reporters: ['progress', 'clear-text'],
    clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
    allowConsoleColors: false,
    thresholds: { high: 100, low: 90, break: null },
  }).runMutationTest();
  // One with which the tests cannot even begin says nothing of them (`RuntimeError`).
  const judged = new Set(['Killed', 'Timeout', 'Survived', 'NoCoverage']);
  const counted = mutants.filter(({ status }) => judged.has(status));
  const found = counted.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  return { file, found: found.length, all: counted.length };
}

// What a fault keeps from happening is not waited for as long as what a busy machine delays.
process.env['TEST_PATIENCE'] ??= '0.1';
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'zls-tests-compiled');
const shares: Share[] = [];
await globalSetup();
try {
  for (const file of files) shares.push(await search(file));
} finally {
  await globalTeardown();
}
const total = shares.reduce(
  (sum, { found, all }) => ({ ...sum, found: sum.found + found, all: sum.all + all }),
  { file: 'together', found: 0, all: 0 },
);
for (const { file, found, all } of [...shares, total])
  console.log(`${file}: ${found} of ${all} found (${((100 * found) / all).toFixed(1)} %)`);
process.exitCode = total.found < 0.9 * total.all ? 1 : 0;
