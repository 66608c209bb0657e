import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PageRow } from '../../src/ingest/rows/copy.ts';
import { createMemory, saysTheSame } from '../../src/ingest/rows/returns.ts';

const rowOf = (id: string, timeMs: number, words: string): PageRow => ({
  id,
  timeMs,
  row: { at: new Date(timeMs).toISOString(), words },
  derived: [],
});
const span = { from: 10, to: 20 };
const ids = (rows: readonly PageRow[]): string[] => rows.map(({ id }) => id);

describe('versions that came back', () => {
  it('wait for the end of their span, and are given out once', () => {
    const { returns } = createMemory('at');
    const times = [9999, 10_000, 19_999, 20_000];
    returns.wait(times.map((timeMs) => rowOf(String(timeMs), timeMs, 'former')));
    assert.deepEqual(returns.note([], undefined).held, []);
    assert.deepEqual(ids(returns.note([], span).held), ['10000', '19999']);
    assert.deepEqual(returns.note([], span).held, []);
    assert.deepEqual(ids(returns.note([], { from: 0, to: 100 }).held), ['9999', '20000']);
  });

  it('are forgotten when the record comes in another version, but not when they come again', () => {
    const { returns } = createMemory('at');
    returns.wait(['a', 'b', 'c'].map((id) => rowOf(id, 12_000, 'former')));
    const page = [rowOf('a', 12_000, 'other'), rowOf('b', 12_250, 'former'), rowOf('d', 1, 'new')];
    assert.deepEqual(ids(returns.note(page, span).held), ['b', 'c']);
  });

  it('differ from records that the run has read before', () => {
    const { stamps, returns } = createMemory('at');
    const first = [rowOf('a', 12_000, 'one'), rowOf('b', 12_000, 'one')];
    assert.deepEqual(returns.note(first, undefined).again, new Set());
    stamps.note(first);
    const second = [rowOf('b', 12_000, 'two'), rowOf('c', 12_000, 'two')];
    assert.deepEqual(returns.note(second, undefined).again, new Set(['b']));
  });
});

describe('two rows of a record', () => {
  it('are one version if only the precision of their times differs', () => {
    const row = rowOf('a', 12_000, 'one');
    assert.equal(saysTheSame(row, rowOf('a', 12_250, 'one'), 'at'), true);
    assert.equal(saysTheSame(row, rowOf('a', 12_000, 'two'), 'at'), false);
  });
});
