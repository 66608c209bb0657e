import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSumming, hashRows } from '../../src/moving/digest.ts';

async function* cut(text: string, at: number): AsyncGenerator<Buffer> {
  yield Buffer.from(text.slice(0, at));
  yield Buffer.from(text.slice(at));
}

async function sum(text: string, at: number, known?: ReadonlySet<string>) {
  const summing = createSumming(known);
  let passed = '';
  for await (const chunk of summing.pass(cut(text, at))) passed += chunk.toString();
  const digest = summing.digest();
  return { passed, rows: digest.rows, sum: digest.sum.toString('hex') };
}

describe('the sum over copied rows', () => {
  it('does not depend on their order, nor on where the text was cut', async () => {
    const one = await sum('a\t1\nb\t2\nc\t3\n', 2);
    const other = await sum('c\t3\na\t1\nb\t2\n', 9);
    assert.equal(one.rows, 3);
    assert.equal(one.passed, 'a\t1\nb\t2\nc\t3\n');
    assert.equal(one.sum, other.sum);
  });

  it('tells a row that is another, there twice, or not there', async () => {
    const sums = await Promise.all(
      ['a\nb\n', 'a\nB\n', 'a\nb\nb\n', 'a\n'].map(async (text) => (await sum(text, 1)).sum),
    );
    assert.equal(new Set(sums).size, 4);
  });

  it('counts a row that is known, and does not pass it on', async () => {
    const known = await hashRows(cut('b\n', 1));
    const all = await sum('a\nb\n', 1);
    const some = await sum('a\nb\n', 3, known);
    assert.deepEqual([some.passed, some.rows, some.sum], ['a\n', 2, all.sum]);
  });
});
