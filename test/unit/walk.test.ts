import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeen } from '../../src/ingest/seen.ts';
import { createWalkGuard } from '../../src/ingest/walk.ts';

/** The ids of a page of a hundred records. */
const pageOf = (page: number): string[] =>
  Array.from({ length: 100 }, (_, place) => `id ${page * 100 + place}`);

/** Walks through pages with a fresh cursor each; how many it took until the guard refused, or undefined. */
function walk(pages: readonly (readonly string[])[]): number | undefined {
  const check = createWalkGuard('audit_logs', undefined);
  for (const [place, ids] of pages.entries())
    try {
      check({ nextCursor: `cursor ${place}`, isUnsure: false, requestId: undefined }, ids);
    } catch {
      return place + 1;
    }
  return undefined;
}

describe('the guard of a walk', () => {
  for (const period of [2, 3, 7, 400])
    it(`ends a circle of ${period} pages three pages after its first turn`, () => {
      const pages = Array.from({ length: 1000 }, (_, place) => pageOf(place % period));
      assert.equal(walk(pages), period + 3);
    });

  it('ends a circle whose pages begin elsewhere in each turn', () => {
    const ids = [pageOf(0), pageOf(1), pageOf(2)].flat();
    const pages = Array.from({ length: 50 }, (_, place) =>
      Array.from({ length: 70 }, (_unused, offset) => ids[(place * 70 + offset) % 300] ?? ''),
    );
    assert.ok((walk(pages) ?? Infinity) <= 8);
  });

  it('ends a circle with empty pages in between', () => {
    const pages = Array.from({ length: 50 }, (_, place) =>
      place % 2 === 0 ? pageOf(place % 4) : [],
    );
    assert.ok((walk(pages) ?? Infinity) <= 10);
  });

  it('lets records come twice, and pages that were seen but two', () => {
    assert.equal(
      walk([pageOf(0), pageOf(1), pageOf(0), pageOf(1), pageOf(2), pageOf(0)]),
      undefined,
    );
    const overlapping = Array.from({ length: 500 }, (_, place) => [
      ...pageOf(place),
      `id ${place}`,
    ]);
    assert.equal(walk(overlapping), undefined);
  });

  it('goes on through a long walk of single records', () => {
    assert.equal(walk(Array.from({ length: 50_000 }, (_, place) => [`id ${place}`])), undefined);
  });
});

describe('what a walk has seen', () => {
  it('knows a text again, and takes few new ones for known, however many there are', () => {
    const seen = createSeen();
    let mistaken = 0;
    for (let id = 0; id < 700_000; id += 1) if (!seen.add(`01H7TC${id}`)) mistaken += 1;
    assert.ok(mistaken < 7_000, `${mistaken} mistaken`);
    assert.equal(seen.add('01H7TC5'), false);
    for (let id = 150_000; id < 700_000; id += 997) assert.equal(seen.add(`01H7TC${id}`), false);
  });
});
