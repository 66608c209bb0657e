/** Versions that came back: which are written with the end of a span, and which wait for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdReturned, listRows } from '../../src/ingest/page-returned.ts';
import type { PageEnd, PageToStore } from '../../src/ingest/page-to-store.ts';
import type { PageRow } from '../../src/ingest/rows/copy.ts';
import { nothingWritten } from '../../src/ingest/rows/written.ts';

const more: PageEnd = { kind: 'more', nextCursor: 'next' };
const complete: PageEnd = { kind: 'complete', coverage: [], rescans: [] };

const row = (id: string, words: string): PageRow => ({
  id,
  timeMs: 100_000,
  row: { id, at: '1970-01-01T00:01:40Z', words },
  derived: [],
});

function page(
  rows: readonly PageRow[],
  end: PageEnd,
  returns?: { readonly again?: readonly string[]; readonly held?: readonly PageRow[] },
): PageToStore {
  const { again = [], held = [] } = returns ?? {};
  const memory = returns && { returns: { again: new Set(again), held } };
  return {
    rows,
    end,
    ...memory,
    fetch: {} as PageToStore['fetch'],
    pageSize: 100,
    askedAt: 0,
    covered: [],
  };
}
const held = (of: PageToStore, returned?: readonly PageRow[]) =>
  holdReturned(of, { ...nothingWritten, ...(returned && { returned }) }, 'at');

describe('a version that came back', () => {
  const [a, b] = [row('a', 'first'), row('b', 'first')];

  it('waits for the end of its span, and not on the page that ends it', () => {
    assert.deepEqual(held(page([a, b], more), [a, b]), { returned: [a, b] });
    assert.deepEqual(held(page([a, b], more), [a]), { returned: [a] });
    assert.deepEqual(held(page([a, b], complete), [a, b]), {});
    assert.deepEqual(held(page([a, b], more)), {});
  });

  it('does not wait if the page has another version of its record too, in whatever order', () => {
    const other = row('a', 'second');
    assert.deepEqual(held(page([a, other, b], more), [a, b]), { returned: [b] });
    assert.deepEqual(held(page([other, a], more), [a]), {});
  });

  it('does not wait if the run has read its record before', () => {
    assert.deepEqual(held(page([a, b], more, { again: ['a'] }), [a, b]), { returned: [b] });
    assert.deepEqual(held(page([a], more, { again: ['a'] }), [a]), {});
    assert.deepEqual(held(page([a], more, { again: ['b'] }), [a]), { returned: [a] });
  });
});

describe('the rows that a page may write', () => {
  it('are its own and those that have waited', () => {
    const [a, b] = [row('a', 'first'), row('b', 'first')];
    assert.deepEqual(listRows(page([a], complete)), [a]);
    assert.deepEqual(listRows(page([a], complete, { held: [] })), [a]);
    assert.deepEqual(listRows(page([a], complete, { held: [b] })), [a, b]);
  });
});
