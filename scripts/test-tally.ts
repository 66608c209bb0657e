import { relative, resolve } from 'node:path';
import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** A failed test, or a file or hook that failed outside its tests. */
export type Failure = {
  /** Where and what, with the titles of the suites around it: `test/unit/span.test.ts:12 joinSpans joins spans that touch`. */
  readonly title: string;
  /** The error as text, with its difference and stack. */
  readonly error: string;
  /** The absolute path of its file; nothing for a run that was stopped. */
  readonly file?: string;
};

/** The result of a run. Only tests without tests inside count; skipped ones and those marked todo do not. */
export type Tally = {
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** Failed once, and passed when their file ran again: neither among `passed` nor among `failures`. */
  readonly unsteady?: readonly Failure[];
};

/** Counts the events of a run; `onEvent` gets each first. `files` are the absolute paths that should run. */
export async function tallyEvents(
  events: AsyncIterable<TestEvent>,
  files: readonly string[],
  onEvent: (event: TestEvent) => void,
): Promise<Tally> {
  let passed = 0;
  const failures: Failure[] = [];
  // Files that a signal to the run has stopped, or kept from starting.
  const stopped = new Set<string>();
  // For each file, the levels at which something below the next ending test has ended.
  const levels = new Map<string, Set<number>>(files.map((file) => [file, new Set()]));
  // Files without a problem of their own: they ran to their end, or already have a failure.
  const settled = new Set<string | undefined>();
  // For each file, the titles of the reported test and of those around it.
  const titles = new Map<string, string[]>();
  // The output of each file's process, for files that crash.
  const outcries = new Map<string, string>();

  function isLeaf({ details, file = '', nesting }: EventData.TestPass | EventData.TestFail) {
    const ended = levels.get(file) ?? new Set();
    const hasTestsInside = ended.delete(nesting + 1);
    ended.add(nesting);
    return details.type !== 'suite' && !hasTestsInside;
  }

  for await (const event of events) {
    onEvent(event);
    // An error after the last test is reported as a diagnostic message.
    if (event.type === 'test:stderr' || event.type === 'test:diagnostic') {
      const { file = '', message } = event.data;
      outcries.set(file, `${outcries.get(file) ?? ''}${message.trimEnd()}\n`);
    }
    if (event.type === 'test:start') {
      const { name, nesting, file = '' } = event.data;
      titles.set(file, [...(titles.get(file) ?? []).slice(0, nesting), name]);
    }
    if (event.type === 'test:summary') settled.add(event.data.file);
    if (event.type === 'test:pass') {
      const { name, file, skip, todo } = event.data;
      const counts = isLeaf(event.data) && skip === undefined && todo === undefined;
      // node:test reports a file that ran no test as a test that passed.
      if (counts && resolve(name) !== file) passed += 1;
    }
    if (event.type === 'test:fail') {
      const { details, todo, file = '' } = event.data;
      if (failureTypeOf(details.error) === 'testAborted') {
        stopped.add(file);
        continue;
      }
      const failed = isLeaf(event.data) || failureTypeOf(details.error) !== 'subtestsFailed';
      if (failed && todo === undefined) {
        failures.push(describeFailure(event.data, titles, outcries));
        settled.add(file);
      }
    }
  }
  if (stopped.size > 0) {
    const error = `${stopped.size} of ${files.length} files did not come to their end.`;
    failures.push({ title: 'The run was stopped', error });
  }
  for (const file of files.filter((path) => !settled.has(path) && !stopped.has(path))) {
    failures.push({
      file,
      title: relative('', file),
      error: 'The file has no test, or its process left before the tests had ended.',
    });
  }
  return { passed, failures };
}

function describeFailure(
  { name, nesting, file = '', line, details: { error } }: EventData.TestFail,
  titles: ReadonlyMap<string, readonly string[]>,
  outcries: ReadonlyMap<string, string>,
): Failure {
  const path = relative('', file);
  const reason = inspect(error.cause ?? error, { colors: false });
  const sentence = [...(titles.get(file) ?? []).slice(0, nesting), name].join(' ');
  if (resolve(name) !== file) return { file, title: `${path}:${line} ${sentence}`, error: reason };
  return { file, title: path, error: outcries.get(file)?.trimEnd() || reason };
}

function failureTypeOf(error: Error): unknown {
  return 'failureType' in error ? error.failureType : undefined;
}
