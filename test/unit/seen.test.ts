import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeen } from '../../src/ingest/seen.ts';

describe('what a walk has seen', () => {
  it('recognises a text again, and mistakes few new ones for known, however many there are', () => {
    const seen = createSeen();
    let mistaken = 0;
    for (let id = 0; id < 700_000; id += 1) if (!seen.add(`01H7TC${id}`)) mistaken += 1;
    assert.ok(mistaken < 7_000, `${mistaken} mistaken`);
    assert.equal(seen.add('01H7TC5'), false);
    for (let id = 150_000; id < 700_000; id += 997) assert.equal(seen.add(`01H7TC${id}`), false);
  });

  it('is exact in a short walk, and soon after: no new text is mistaken, no known one is new', () => {
    const seen = createSeen();
    for (let id = 0; id < 12_000; id += 1) {
      assert.equal(seen.add(`${id}`), true, `${id}`);
      assert.equal(seen.add(`${id}`), false, `${id} again`);
    }
    for (let id = 0; id < 12_000; id += 1) assert.equal(seen.add(`${id}`), false, `${id} later`);
  });

  it('forgets the texts of the generation before the last, and no others', () => {
    const seen = createSeen();
    const first = 10_000;
    const add = (from: number, to: number): void => {
      for (let id = from; id < to; id += 1) seen.add(`text ${id}`);
    };
    add(0, 1_300_000);
    // What is forgotten is new again; a few texts were mistaken, so the borders are not exact.
    const isForgotten = (from: number): number => {
      let forgotten = 0;
      for (let id = from; id < from + 100; id += 1) if (seen.add(`text ${id}`)) forgotten += 1;
      return forgotten;
    };
    assert.equal(isForgotten(0), 0, 'the first ones are kept as they are');
    assert.ok(isForgotten(first + 700_000) < 10, 'the previous generation');
    assert.ok(isForgotten(1_290_000) < 10, 'the current one');
    assert.ok(isForgotten(first + 1_000) > 90, 'the one before the previous');
  });
});
