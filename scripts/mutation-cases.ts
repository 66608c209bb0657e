/**
 * Takes the place of `node:test` when faults are searched for (`mutation-runner.ts`): collects the tests of files that are
 * imported, so that one process can run those that it chooses again and again.
 */
import { mock, type TestContext } from 'node:test';

type Work = (t: TestContext) => unknown;
type Hook = () => unknown;
type Suite = {
  readonly title: string;
  readonly around: Suite | undefined;
  readonly hooks: Record<'before' | 'after' | 'beforeEach' | 'afterEach', Hook[]>;
  readonly tests: { readonly title: string; readonly work: Work }[];
  readonly suites: Suite[];
};

/** What can be run by itself: a test, or a whole suite if it prepares something for all its tests. */
export type Case = { readonly id: string; readonly run: () => Promise<void> };

let current = createSuite('', undefined);

function createSuite(title: string, around: Suite | undefined): Suite {
  const hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
  return { title, around, hooks, tests: [], suites: [] };
}

/** As in `node:test`; the options of a suite are not needed here, because tests run one after the other. */
export function describe(title: string, ...rest: readonly unknown[]): void {
  const suite = createSuite(title, current);
  current.suites.push(suite);
  current = suite;
  try {
    if (!isSkipped(rest)) (rest.at(-1) as Hook)();
  } finally {
    current = suite.around!;
  }
}

export function it(title: string, ...rest: readonly unknown[]): void {
  if (!isSkipped(rest)) current.tests.push({ title, work: rest.at(-1) as Work });
}

export const before = (hook: Hook): unknown => current.hooks.before.push(hook);
export const after = (hook: Hook): unknown => current.hooks.after.push(hook);
export const beforeEach = (hook: Hook): unknown => current.hooks.beforeEach.push(hook);
export const afterEach = (hook: Hook): unknown => current.hooks.afterEach.push(hook);
export { mock };

function isSkipped([options]: readonly unknown[]): boolean {
  const hasOptions = typeof options === 'object' && options !== null && 'skip' in options;
  return hasOptions && options.skip !== undefined && options.skip !== false;
}

/** Imports a test file, and returns its tests. */
export async function importCases(path: string, url: string): Promise<Case[]> {
  current = createSuite(path, undefined);
  const file = current;
  await import(url);
  return listCases(file, path);
}

function listCases(suite: Suite, id: string): Case[] {
  const { before: first, after: last } = suite.hooks;
  if (first.length + last.length > 0) return [{ id, run: () => runSuite(suite) }];
  return [
    ...suite.tests.map(({ title, work }) => ({
      id: `${id} › ${title}`,
      run: () => runTest(suite, title, work),
    })),
    ...suite.suites.flatMap((inner) => listCases(inner, `${id} › ${inner.title}`)),
  ];
}

async function runSuite(suite: Suite): Promise<void> {
  for (const hook of suite.hooks.before) await hook();
  try {
    for (const { title, work } of suite.tests) await runTest(suite, title, work);
    for (const inner of suite.suites) await runSuite(inner);
  } finally {
    for (const hook of suite.hooks.after) await hook();
  }
}

async function runTest(suite: Suite, title: string, work: Work): Promise<void> {
  const ends: Hook[] = [];
  const around = suitesAround(suite);
  const context = {
    name: title,
    mock,
    skip() {},
    diagnostic() {},
    after: (hook: Hook) => ends.push(hook),
  };
  try {
    for (const { hooks } of around) for (const hook of hooks.beforeEach) await hook();
    await work(context as unknown as TestContext);
  } finally {
    for (const hook of ends) await hook();
    for (const { hooks } of around.toReversed()) for (const hook of hooks.afterEach) await hook();
    mock.reset();
  }
}

/** From the outermost one to the suite itself. */
function suitesAround(suite: Suite): Suite[] {
  return suite.around === undefined ? [suite] : [...suitesAround(suite.around), suite];
}
