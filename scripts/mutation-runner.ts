/**
 * The runner of tests that StrykerJS loads for `npm run test:mutation`. It imports the test files once in a process and
 * then runs, for one fault after the other, only the tests that reach it, the quick ones first, until one fails: a process
 * for each test file, as `node:test` has it, takes ten times as long.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { type Case, importCases } from './mutation-cases.ts';
import { chooseSample, readSearch } from './mutation-sample.ts';

/** What Stryker's code in the faulty file reads and writes. */
type Switch = {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: {
    static: Record<string, number>;
    perTest: Record<string, Record<string, number>>;
  };
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
};

const faults: Switch = {};
Object.assign(globalThis, { __stryker__: faults });
const instead = new URL('mutation-cases.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'node:test' && context.parentURL !== instead
      ? { url: instead, shortCircuit: true }
      : next(specifier, context),
});

const { tests, file, sample } = readSearch();
let cases: readonly Case[] | undefined;
/** How long each test took without a fault, and how many faults it found: which one to try first. */
let durations: Readonly<Record<string, number>> = {};
const finds = new Map<string, number>();
/** An error outside the test's own promise: as in `node:test`, the test that runs has failed. */
let stray: unknown;
for (const event of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(event, (error: unknown) => (stray ??= error));
/** Whether a failed test has left something behind that could disturb the next one. */
let littered = false;

/** The process that ran all tests without a fault leaves their durations here for those that search. */
const durationsFile = 'mutation-durations.json';

/** A slow answer of a busy machine must not count as a found fault. */
function limitMs(id: string): number {
  const duration = durations[id];
  return duration === undefined ? 600_000 : 15_000 + 3 * duration;
}

async function load(): Promise<Case[]> {
  const found: Case[] = [];
  for (const test of tests)
    found.push(...(await importCases(test, pathToFileURL(resolve(test)).href)));
  return found;
}

async function run({ id, run: work }: Case): Promise<TestResult> {
  const begun = performance.now();
  faults.currentTestId = id;
  stray = undefined;
  const limit = new AbortController();
  const failure = await Promise.race([
    work().then(
      () => stray,
      (error: unknown) => error ?? 'nothing thrown',
    ),
    wait(limitMs(id), 'too slow', { signal: limit.signal }).catch(() => undefined),
  ]);
  limit.abort();
  faults.currentTestId = undefined;
  const timeSpentMs = performance.now() - begun;
  const result = { id, name: id, timeSpentMs };
  return failure === undefined
    ? { ...result, status: TestStatus.Success }
    : { ...result, status: TestStatus.Failed, failureMessage: inspect(failure).slice(0, 2000) };
}

/** What is likely to find a fault in little time comes first. */
function inOrder(chosen: readonly Case[]): Case[] {
  return chosen.toSorted((a, b) => costOf(a) - costOf(b));
}

function costOf({ id }: Case): number {
  return (durations[id] ?? 0) / (1 + (finds.get(id) ?? 0));
}

/** Connections, servers and timers that are still open a moment after a test has failed. */
async function leavesLitter(): Promise<boolean> {
  await wait(50);
  return process
    .getActiveResourcesInfo()
    .some((name) => name !== 'PipeWrap' && name !== 'Immediate');
}

async function mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
  // Stryker starts another process, and tries again.
  if (littered) process.exit(1);
  const { activeMutant, testFilter, hitLimit, mutantActivation } = options;
  faults.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
  try {
    cases ??= await load();
    durations = JSON.parse(readFileSync(durationsFile, 'utf8')) as typeof durations;
  } catch (error) {
    littered = true;
    return { status: MutantRunStatus.Error, errorMessage: inspect(error).slice(0, 2000) };
  }
  Object.assign(faults, { activeMutant: activeMutant.id, hitCount: 0, hitLimit });
  const results: TestResult[] = [];
  for (const chosen of inOrder(cases.filter(({ id }) => testFilter?.includes(id) ?? true))) {
    const result = await run(chosen);
    results.push(result);
    if (result.status !== TestStatus.Failed) continue;
    finds.set(chosen.id, (finds.get(chosen.id) ?? 0) + 1);
    littered = await leavesLitter();
    break;
  }
  faults.activeMutant = undefined;
  return toMutantRunResult(
    determineHitLimitReached(faults.hitCount, hitLimit) ?? {
      status: DryRunStatus.Complete,
      tests: results,
    },
  );
}

const runner: TestRunner = {
  capabilities: () => ({ reloadEnvironment: false }),
  async dryRun() {
    faults.mutantCoverage = { static: {}, perTest: {} };
    cases = await load();
    const results: TestResult[] = [];
    for (const each of cases) results.push(await run(each));
    durations = Object.fromEntries(results.map(({ id, timeSpentMs }) => [id, timeSpentMs]));
    writeFileSync(durationsFile, JSON.stringify(durations));
    // A fault outside the sample is one that no test reaches.
    const ids = [...readFileSync(file, 'utf8').matchAll(/stryMutAct_\w+\("(\d+)"\)/g)].map(
      ([, id]) => id!,
    );
    const chosen = chooseSample([...new Set(ids)], sample);
    for (const reached of [
      faults.mutantCoverage.static,
      ...Object.values(faults.mutantCoverage.perTest),
    ])
      for (const id of Object.keys(reached)) if (!chosen.has(id)) delete reached[id];
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: faults.mutantCoverage };
  },
  mutantRun,
};

export const strykerPlugins = [
  declareFactoryPlugin(
    PluginKind.TestRunner,
    'cases',
    Object.assign(() => runner, { inject: [] as const }),
  ),
];
