import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLastPages, type LastPages } from '../../src/ingest/last-pages.ts';

const stream = 'audit_logs';

/** Pages of so many records each, of which only the last is said to be the last; whether that needs a check. */
function endsUnsure(pages: LastPages, ...records: readonly number[]): boolean {
  return records
    .map((count, place) =>
      pages.doubts(stream, {
        records: count,
        pageSize: 150,
        isSaidLast: place === records.length - 1,
        hasCursor: count > 0,
        isReadAgain: false,
      }),
    )
    .some(Boolean);
}

/** The knowledge after some walks. */
function after(...walks: readonly (readonly number[])[]): LastPages {
  const pages = createLastPages();
  for (const walk of walks) endsUnsure(pages, ...walk);
  return pages;
}

describe('a page that is said to be the last', () => {
  it('is accepted when it is shorter than the pages of the source', () => {
    assert.equal(endsUnsure(after(), 150, 150, 149), false);
    assert.equal(endsUnsure(after(), 37, 37, 36), false);
    assert.equal(endsUnsure(after([150, 3]), 149), false);
    assert.equal(endsUnsure(after([37, 37, 1]), 36), false);
    assert.equal(endsUnsure(after([5]), 4), false);
    assert.equal(endsUnsure(after([37, 37, 1]), 0, 36), false);
  });

  it('is not accepted when it is as large as full pages of the source, whatever was requested', () => {
    assert.equal(endsUnsure(after(), 150), true);
    assert.equal(endsUnsure(after([150, 150, 1]), 150), true);
    assert.equal(endsUnsure(after(), 37, 37, 37), true);
    assert.equal(endsUnsure(after([37, 37, 1]), 37), true);
    assert.equal(endsUnsure(after([150, 150, 1], [37, 37, 1]), 37), true);
    assert.equal(endsUnsure(after([150, 1]), 100), true);
  });

  it('is not accepted when it is as large as requested, also after larger ones', () => {
    const page = { pageSize: 77, isSaidLast: true, hasCursor: true, isReadAgain: false };
    assert.equal(after([150, 150, 1]).doubts(stream, { ...page, records: 77 }), true);
    assert.equal(after([150, 150, 1]).doubts(stream, { ...page, records: 76 }), false);
  });

  it('is not accepted while nothing is known about the source, or only one short page', () => {
    assert.equal(endsUnsure(after(), 37), true);
    assert.equal(endsUnsure(after([5]), 5), true);
    assert.equal(endsUnsure(after([5]), 6), true);
    assert.equal(endsUnsure(after(), 37, 12), true);
  });

  it('is not accepted if the size of the pages varies', () => {
    assert.equal(endsUnsure(after([40, 35, 1]), 3), true);
    assert.equal(endsUnsure(after([40, 35, 35, 35, 1]), 3), true);
  });

  it('is not accepted once something followed such a page', () => {
    const pages = after([150, 150, 1]);
    assert.equal(endsUnsure(pages, 20), false);
    assert.equal(pages.noteRefuted(stream), true);
    assert.equal(pages.noteRefuted(stream), false);
    assert.equal(endsUnsure(pages, 20), true);
    assert.equal(pages.noteRefuted('access_logs'), true);
  });

  it('is accepted when it is empty, unless it has a cursor', () => {
    const pages = createLastPages();
    const empty = { records: 0, pageSize: 150, isSaidLast: true, isReadAgain: false };
    assert.equal(pages.doubts(stream, { ...empty, hasCursor: false }), false);
    assert.equal(pages.doubts(stream, { ...empty, hasCursor: true }), true);
  });

  it('says nothing about other streams', () => {
    const pages = after([40, 35, 1]);
    const page = { pageSize: 150, isSaidLast: true, hasCursor: true, isReadAgain: false };
    pages.doubts('users', { ...page, records: 10 });
    assert.equal(pages.doubts('users', { ...page, records: 9 }), false);
  });

  it('is accepted with few records if it will be requested again soon, unless the source cuts its pages', () => {
    const page = { pageSize: 150, isSaidLast: true, hasCursor: true, isReadAgain: true };
    assert.equal(createLastPages().doubts(stream, { ...page, records: 9 }), false);
    assert.equal(createLastPages().doubts(stream, { ...page, records: 10 }), true);
    assert.equal(after([7, 7, 1]).doubts(stream, { ...page, records: 7 }), true);
    assert.equal(after([7, 7, 1]).doubts(stream, { ...page, records: 6 }), false);
  });
});
