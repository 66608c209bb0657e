import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeMoment } from '../../src/ingest/clocks.ts';

const now = 1_800_000_000;
const hour = 3600;
const agreed = (seconds: number) => ({ agreedMs: seconds * 1000, doubt: undefined });

/** The moment by all clocks, as seconds from the local one. */
function judge(zendesk: Parameters<typeof judgeMoment>[1]['zendesk'], database?: number) {
  const databaseMs = database === undefined ? undefined : database * 1000;
  const { earliest, likely, latest } = judgeMoment(now * 1000, { zendesk, databaseMs });
  return { earliest: earliest - now, likely: likely - now, latest: latest - now };
}

describe('the moment by all clocks', () => {
  it('is that of the local one before any other is known', () => {
    const nothing = { agreedMs: undefined, doubt: undefined };
    assert.deepEqual(judge(nothing), { earliest: 0, likely: 0, latest: 0 });
  });

  it('uses the later one of two for planning, and the earlier one for coverage', () => {
    const nothing = { agreedMs: undefined, doubt: undefined };
    assert.deepEqual(judge(nothing, hour), { earliest: 0, likely: hour, latest: hour });
    assert.deepEqual(judge(nothing, -hour), { earliest: -hour, likely: 0, latest: 0 });
  });

  it('uses the one in the middle for planning, whichever is wrong', () => {
    for (const wrong of [hour, -hour, 400 * 24 * hour]) {
      const ends = { earliest: Math.min(0, wrong), latest: Math.max(0, wrong) };
      assert.deepEqual(judge(agreed(wrong), 0), { likely: 0, ...ends });
      assert.deepEqual(judge(agreed(0), wrong), { likely: 0, ...ends });
    }
    // The local one is an hour behind.
    assert.deepEqual(judge(agreed(hour), hour), { earliest: 0, likely: hour, latest: hour });
  });

  it('is not moved forward by one answer of Zendesk, but is limited by one', () => {
    const doubt = (hours: number) => ({
      agreedMs: 0,
      doubt: { skewMs: hours * hour * 1000, answers: 1 },
    });
    assert.deepEqual(judge(doubt(24), 0), { earliest: 0, likely: 0, latest: 24 * hour });
    assert.deepEqual(judge(doubt(-24), 0), { earliest: -24 * hour, likely: 0, latest: 0 });
  });

  it('ignores a difference of a few seconds, so that no short gap stays at the oldest end', () => {
    assert.deepEqual(judge(agreed(0), 4), { earliest: 0, likely: 0, latest: 0 });
    assert.deepEqual(judge(agreed(0), 6), { earliest: 0, likely: 0, latest: 6 });
  });
});
