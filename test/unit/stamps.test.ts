import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStamps, type Stamps } from '../../src/ingest/rows/stamps.ts';
import type { PageRow } from '../../src/ingest/rows/copy.ts';

const rowOf = (id: string, timeMs: number): PageRow => ({ id, timeMs, row: {}, derived: [] });

/** For each row of a page, given as `id time`, the other time of its record. */
function note(stamps: Stamps, ...page: readonly (readonly [string, number])[]) {
  const rows = page.map(([id, timeMs]) => rowOf(id, timeMs));
  const formers = stamps.note(rows);
  for (const [row, timeMs] of formers) {
    assert.ok(rows.includes(row));
    assert.equal(typeof timeMs, 'number');
  }
  return rows.map((row) => formers.get(row));
}

describe('the time stamps that a run has seen', () => {
  it('report nothing about records that are new, or that come again unchanged', () => {
    const stamps = createStamps();
    assert.deepEqual(note(stamps, ['a', 1], ['b', 1], ['c', 2]), [undefined, undefined, undefined]);
    assert.deepEqual(note(stamps, ['a', 1], ['d', 4], ['c', 2]), [undefined, undefined, undefined]);
  });

  it('find a record that comes again in another page with another one, and keep the later', () => {
    const stamps = createStamps();
    note(stamps, ['a', 5]);
    assert.deepEqual(note(stamps, ['x', 1], ['a', 8]), [undefined, 5]);
    assert.deepEqual(note(stamps, ['a', 6]), [8]);
    assert.deepEqual(note(stamps, ['a', 8]), [undefined]);
    assert.deepEqual(note(stamps, ['a', 9]), [8]);
  });

  it('find the earlier one of two in a page, in either order', () => {
    assert.deepEqual(note(createStamps(), ['a', 1], ['x', 2], ['a', 3]), [3, undefined, undefined]);
    assert.deepEqual(note(createStamps(), ['a', 3], ['x', 2], ['a', 1]), [undefined, undefined, 3]);
    assert.deepEqual(note(createStamps(), ['a', 3], ['a', 3]), [undefined, undefined]);
    assert.deepEqual(note(createStamps(), ['a', 1], ['a', 3], ['a', 2]), [3, undefined, 3]);
    assert.deepEqual(note(createStamps(), ['a', 1], ['a', 2], ['a', 3]), [2, 3, undefined]);
  });

  it('replace the previous one with the latest of a page', () => {
    const stamps = createStamps();
    note(stamps, ['a', 10]);
    assert.deepEqual(note(stamps, ['a', 20], ['a', 30]), [30, 10]);
    assert.deepEqual(note(stamps, ['a', 50], ['a', 40]), [30, 50]);
    assert.deepEqual(note(stamps, ['a', 50]), [undefined]);
  });

  it('include those that an earlier run has stored', () => {
    const stamps = createStamps();
    stamps.remember('a', 5);
    assert.deepEqual(note(stamps, ['a', 6]), [5]);
  });

  it('are those of each record, of many as of few', () => {
    const stamps = createStamps();
    const ids = Array.from(
      { length: 20_000 },
      (_, index) => `${9_007_199_254_740_993n + BigInt(index)}`,
    );
    for (const [index, id] of ids.entries()) stamps.remember(id, index);
    for (const [index, id] of ids.entries()) {
      assert.equal(stamps.has(id), true);
      assert.equal(stamps.has(`${id}0`), false);
      assert.deepEqual(note(stamps, [id, -1]), [index]);
    }
  });

  it('are forgotten after twenty thousand to forty thousand further records', () => {
    const stamps = createStamps();
    const remember = (from: number, count: number): void => {
      for (let id = from; id < from + count; id += 1) stamps.remember(`id ${id}`, 1);
    };
    remember(0, 20_000);
    assert.deepEqual(note(stamps, ['id 0', 1]), [undefined]);
    remember(20_000, 20_000);
    assert.deepEqual(note(stamps, ['id 0', 0], ['id 19999', 0]), [1, 1]);
    remember(40_000, 1);
    assert.deepEqual(note(stamps, ['id 0', 0], ['id 20000', 0]), [undefined, 1]);
  });
});
