/**
 * `npm run test:mutation -- [files] [--tests files] [--sample 60 --seed words]`: puts small faults into the program, one at
 * a time, and lists those that no test finds. Files are those to put faults into (default: all of `ingest`, `streams` and
 * `zendesk`, which takes hours); tests are those that search for them (default: those that `mutation-tests.ts` names for
 * each file); with a sample, only so many faults of each file are tried. Ends with status 1 when fewer than nine tenths
 * were found.
 */
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { LogLevel, MutantResult } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { dropLeftovers } from '../test/support/database.ts';
import { globalSetup, globalTeardown } from '../test/support/global-setup.ts';
import { announceSearch, chooseSample, type Sample } from './mutation-sample.ts';
import { chooseTests, unreached } from './mutation-tests.ts';
import { findFiles } from './test-run.ts';

/** The result of a search in one file. */
type Share = { readonly file: string; readonly found: number; readonly all: number };

const { values, positionals } = parseArgs({
  options: {
    tests: { type: 'string', multiple: true },
    sample: { type: 'string' },
    seed: { type: 'string', default: 'zendesk-log-sync' },
  },
  allowPositionals: true,
});
const { seed } = values;
const sample: Sample =
  values.sample === undefined ? { seed } : { seed, size: Number(values.sample) };
const rooms = ['src/ingest', 'src/streams', 'src/zendesk'].map((room) => `${room}/**/*.ts`);
const files = globSync(positionals.length === 0 ? rooms : positionals)
  .filter((file) => !unreached.includes(file))
  .toSorted();

/** What counts: a fault with which the tests cannot even begin (`RuntimeError`) says nothing about them. */
const judged: ReadonlySet<string> = new Set(['Killed', 'Timeout', 'Survived', 'NoCoverage']);

/** Puts faults into one file, and runs the tests near it. */
async function search(file: string): Promise<Share> {
  const tests = findFiles(values.tests ?? chooseTests(file)).map((path) => relative('.', path));
  announceSearch({ file, tests, sample });
  const mutants = await new Stryker({
    mutate: [file],
    // Small changes in texts are not faults, and SQL is not JavaScript: tests check its results.
    mutator: { excludedMutations: ['StringLiteral'] },
    testRunner: 'cases',
    plugins: [fileURLToPath(import.meta.resolve('./mutation-runner.ts'))],
    coverageAnalysis: 'perTest',
    // Node.js strips the types; Stryker would rewrite the configuration of a TypeScript that it does not know.
    tsconfigFile: 'none',
    concurrency: availableParallelism(),
    // A slow answer of a busy machine must not count as a found fault.
    timeoutMS: 15_000,
    tempDirName: join(tmpdir(), `zls-mutation-${process.pid}`),
    cleanTempDir: 'always',
    ignorePatterns: ['dist', 'data'],
    reporters: [],
    // It warns of each process of tests that it starts again.
    logLevel: 'error' as LogLevel,
    allowConsoleColors: false,
    thresholds: { high: 100, low: 90, break: null },
  }).runMutationTest();
  const tried = chooseSample(
    mutants.flatMap(({ id, status }) => (status === 'Ignored' ? [] : [id])),
    sample,
  );
  const counted = mutants.filter(({ id, status }) => tried.has(id) && judged.has(status));
  const missed = counted.filter(({ status }) => status !== 'Killed' && status !== 'Timeout');
  for (const fault of missed) console.log(describeFault(file, fault));
  await dropLeftovers();
  return { file, found: counted.length - missed.length, all: counted.length };
}

/** Where a fault is, what was there and what stood there instead. */
function describeFault(file: string, { location, replacement, status }: MutantResult): string {
  const { start, end } = location;
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = lines[last]!.slice(0, end.column - 1);
  lines[0] = lines[0]!.slice(start.column - 1);
  const [old, now] = [lines.join(' '), replacement ?? ''].map((text) =>
    text.replaceAll(/\s+/g, ' ').slice(0, 100),
  );
  const note = status === 'NoCoverage' ? ' (no test comes here)' : '';
  return `${file}:${start.line}:${start.column} ${old} → ${now}${note}`;
}

// Something that a fault prevents does not need as long a wait as something that a busy machine delays.
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
