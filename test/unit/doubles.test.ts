import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PageRow } from '../../src/ingest/rows/copy.ts';
import { splitDoubles } from '../../src/ingest/rows/doubles.ts';

/** A row whose time has a fraction of a second, written as Zendesk sent it. */
function rowOf(id: string, fraction: string, note = ''): PageRow {
  const timestamp = `2026-11-20T08:15:03${fraction}Z`;
  const timeMs = Math.floor(Date.parse(timestamp));
  return { id, timeMs, row: { timestamp, note }, derived: [] };
}

describe('a record that is twice in a page', () => {
  it('is one row, the later one, and the others are doubles', () => {
    const [first, other, second, third] = [
      rowOf('a', '', 'first'),
      rowOf('b', ''),
      rowOf('a', '.000', 'second'),
      rowOf('a', '.0', 'third'),
    ] as const;
    assert.deepEqual(splitDoubles([first, other, second, third], 'timestamp'), {
      single: [other, third],
      doubles: [first, second],
    });
  });

  it('is the one with the later microsecond, at any position in the page', () => {
    const [early, late] = [rowOf('a', '.0001'), rowOf('a', '.000200')] as const;
    for (const rows of [
      [early, late],
      [late, early],
    ])
      assert.deepEqual(splitDoubles(rows, 'timestamp'), { single: [late], doubles: [early] });
    assert.deepEqual(splitDoubles([rowOf('a', '.0009'), rowOf('a', '.00010')], 'timestamp'), {
      single: [rowOf('a', '.0009')],
      doubles: [rowOf('a', '.00010')],
    });
  });

  it('is not a double if the id or the millisecond differs', () => {
    const rows = [rowOf('a', ''), rowOf('b', ''), rowOf('a', '.001'), rowOf('a', '.999')];
    const { single, doubles } = splitDoubles(rows, 'timestamp');
    assert.equal(single, rows);
    assert.deepEqual(doubles, []);
    assert.deepEqual(splitDoubles([], 'timestamp'), { single: [], doubles: [] });
  });
});
