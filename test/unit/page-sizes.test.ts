import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPageSizes } from '../../src/ingest/page-sizes.ts';

const log = 'access_logs';

/** Requests pages from a server that gives so many records at most; returns how many requests failed, and the received sizes. */
function walk(sizes: ReturnType<typeof createPageSizes>, limit: number, pages: number) {
  const came: number[] = [];
  let failures = 0;
  for (let page = 0; page < pages; page += 1) {
    let size = sizes.next(log);
    for (let shrinks = 1; size > limit; shrinks += 1) {
      failures += 1;
      size = Math.max(1, Math.floor(size / 2 ** shrinks));
    }
    sizes.noteAnswered(log, size);
    came.push(size);
  }
  return { came, failures };
}

/** Pages of the current size until a larger one is requested, which must be the given size. */
function pagesUntilLarger(sizes: ReturnType<typeof createPageSizes>, larger: number): number {
  const size = sizes.next(log);
  let pages = 0;
  for (; pages < 100 && sizes.next(log) === size; pages += 1) sizes.noteAnswered(log, size);
  assert.equal(sizes.next(log), larger);
  return pages;
}

describe('the size of pages', () => {
  it('is the largest allowed, and shrinks and grows again with the answers', () => {
    const sizes = createPageSizes({ [log]: 2500 });
    assert.equal(sizes.next(log), 2500);
    sizes.noteAnswered(log, 312);
    assert.equal(sizes.next(log), 624);
    sizes.noteAnswered(log, 624);
    sizes.noteAnswered(log, 1248);
    assert.equal(sizes.next(log), 2496);
    sizes.noteAnswered(log, 2496);
    assert.equal(sizes.next(log), 2500);
  });

  for (const limit of [1, 7, 1000, 2499])
    it(`costs little if never more than ${limit} are given`, () => {
      const { came, failures } = walk(createPageSizes({ [log]: 2500 }), limit, 300);
      assert.ok(failures <= 25, `${failures} failures`);
      assert.ok(came.every((size) => size <= limit));
      assert.ok((came.at(-1) ?? 0) > limit / 2);
    });

  it('is back at the largest size soon after a temporary fault', () => {
    const sizes = createPageSizes({ [log]: 2500 });
    walk(sizes, 100, 3);
    assert.ok(walk(sizes, 2500, 12).came.includes(2500));
  });

  it('is remembered after a failed request, unless not even one record was received', () => {
    const sizes = createPageSizes({ [log]: 2500 });
    sizes.noteFailed(log, 1);
    assert.equal(sizes.next(log), 2500);
    sizes.noteFailed(log, 39);
    assert.equal(sizes.next(log), 39);
    sizes.limit(log, 100);
    assert.equal(sizes.next(log), 39);
    sizes.limit(log, 10);
    assert.equal(sizes.next(log), 10);
  });

  it('grows after twice as many pages with each failed try, up to sixty-four', () => {
    const sizes = createPageSizes({ [log]: 8 });
    sizes.noteFailed(log, 4);
    const waits = Array.from({ length: 8 }, () => {
      const pages = pagesUntilLarger(sizes, 8);
      sizes.noteFailed(log, 4);
      return pages;
    });
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 64]);
  });

  it('counts a try as failed if its first or second page fails, but not a later one', () => {
    for (const [came, pages] of [
      [1, 8],
      [2, 4],
    ] as const) {
      const sizes = createPageSizes({ [log]: 16 });
      sizes.noteFailed(log, 4);
      for (let tries = 0; tries < 2; tries += 1) {
        pagesUntilLarger(sizes, 8);
        sizes.noteFailed(log, 4);
      }
      assert.equal(pagesUntilLarger(sizes, 8), 4);
      for (let page = 0; page < came; page += 1) sizes.noteAnswered(log, 8);
      sizes.noteFailed(log, 4);
      assert.equal(pagesUntilLarger(sizes, 8), pages, `${came} pages`);
    }
  });

  it('shrinks twice in a row without growing more slowly afterwards', () => {
    const sizes = createPageSizes({ [log]: 16 });
    sizes.noteFailed(log, 8);
    sizes.noteFailed(log, 4);
    assert.equal(pagesUntilLarger(sizes, 8), 1);
  });

  it('has forgotten previous tries once it is back at the largest size', () => {
    const sizes = createPageSizes({ [log]: 8 });
    sizes.noteFailed(log, 4);
    pagesUntilLarger(sizes, 8);
    sizes.noteFailed(log, 4);
    assert.equal(pagesUntilLarger(sizes, 8), 2);
    sizes.noteAnswered(log, 8);
    sizes.noteFailed(log, 4);
    assert.equal(pagesUntilLarger(sizes, 8), 1);
  });

  it('is not changed by a page of another cursor that was requested with a previous size', () => {
    const sizes = createPageSizes({ [log]: 8 });
    sizes.noteFailed(log, 2);
    sizes.noteAnswered(log, 8);
    assert.equal(sizes.next(log), 2);
  });

  it('is not changed by a request that failed without asking for less', () => {
    const sizes = createPageSizes({ [log]: 8 });
    sizes.noteFailed(log, 4);
    pagesUntilLarger(sizes, 8);
    sizes.noteFailed(log, 4);
    sizes.noteAnswered(log, 4);
    sizes.noteFailed(log, 4);
    assert.equal(pagesUntilLarger(sizes, 8), 1);
  });
});
