import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCursorShare } from '../../src/ingest/engine.ts';

describe('the share of cursors', () => {
  it('gives all of them to a single backfill and the same number to each of several', () => {
    const share = createCursorShare(16);
    assert.equal(share.count(), 16);
    const leaves = Array.from({ length: 3 }, () => share.join());
    assert.equal(share.count(), 5);
    leaves.forEach((leave) => leave());
    assert.equal(share.count(), 16);
  });

  it('gives each backfill one when there are more backfills than cursors', () => {
    const share = createCursorShare(16);
    for (let taker = 0; taker < 50; taker += 1) share.join();
    assert.equal(share.count(), 1);
  });

  it('counts a backfill that leaves twice only once', () => {
    const share = createCursorShare(4);
    const leave = share.join();
    share.join();
    share.join();
    leave();
    leave();
    assert.equal(share.count(), 2);
  });
});
