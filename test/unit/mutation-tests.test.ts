/** The tests that search for faults on purpose (`npm run test:mutation`). */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { chooseSample } from '../../scripts/mutation-sample.ts';
import { near, unreached } from '../../scripts/mutation-tests.ts';
import { root } from '../support/project-files.ts';

const list = (pattern: string): string[] => globSync(pattern, { cwd: root });
const text = (file: string): string =>
  existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
const imported = new Map<string, readonly string[]>();

/** What a file imports to run, from this project. */
function importsOf(file: string): readonly string[] {
  const known = imported.get(file);
  if (known !== undefined) return known;
  const found = [
    ...text(file).matchAll(
      /^(import (?!type )|export .*|\} )?.*?(?:from |import\()'(\.[^']+\.ts)'/gm,
    ),
  ].map(([, , path = '']) => relative(root, join(root, dirname(file), path)));
  imported.set(file, found);
  return found;
}

function reaches(test: string, file: string): boolean {
  const seen = new Set([test]);
  for (const next of seen) for (const path of importsOf(next)) seen.add(path);
  return seen.has(file);
}

describe('the tests that search for a fault', () => {
  it('exist, and reach the file in which they search', () => {
    const useless = Object.entries(near).flatMap(([pattern, tests]) =>
      list(pattern)
        .filter((file) => !unreached.includes(file))
        .flatMap((file) =>
          (near[file] ?? tests)
            .flatMap((test) => (list(test).length === 0 ? [test] : list(test)))
            .filter((test) => !reaches(test, file))
            .map((test) => `${test} does not reach ${file}`),
        ),
    );
    assert.deepEqual(useless, []);
  });
});

describe('a sample of faults', () => {
  const ids = Array.from({ length: 200 }, (_, index) => String(index));

  it('is the same for the same seed, another for another one, and all without a size', () => {
    const one = chooseSample(ids, { size: 60, seed: 'a' });
    assert.equal(one.size, 60);
    assert.deepEqual(chooseSample(ids.toReversed(), { size: 60, seed: 'a' }), one);
    assert.notDeepEqual(chooseSample(ids, { size: 60, seed: 'b' }), one);
    assert.deepEqual(
      chooseSample(ids, { seed: 'a' }),
      new Set(chooseSample(ids, { size: 200, seed: 'a' })),
    );
  });
});
