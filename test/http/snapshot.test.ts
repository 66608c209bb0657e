import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSnapshot } from '../../src/http/snapshot.ts';

describe('a snapshot', () => {
  const late = { code: 'database_slow', message: 'Postgres did not answer in time.' };

  it('asks once for all callers within its time, and again after it', async () => {
    let [asked, time] = [0, 0];
    const look = createSnapshot({
      load: async () => (asked += 1),
      keepMs: 3000,
      limitMs: 60_000,
      now: () => time,
    });
    assert.deepEqual(await Promise.all([look(), look(), look()]), [1, 1, 1]);
    time = 2999;
    assert.equal(await look(), 1);
    time = 3000;
    assert.deepEqual(await Promise.all([look(), look()]), [2, 2]);
    time = 5999;
    assert.equal(await look(), 2);
  });

  it('keeps a failure as long as an answer', async () => {
    let [asked, time] = [0, 0];
    const look = createSnapshot({
      load: async () => {
        asked += 1;
        if (asked === 1) throw new Error('away');
        return asked;
      },
      keepMs: 3000,
      limitMs: 60_000,
      now: () => time,
    });
    await assert.rejects(look(), { message: 'away' });
    await assert.rejects(look(), { message: 'away' });
    time = 3000;
    assert.equal(await look(), 2);
  });

  it('does not wait longer than its limit, does not ask again meanwhile, and keeps the late answer', async () => {
    let asked = 0;
    const { promise: answer, resolve } = Promise.withResolvers<string>();
    const look = createSnapshot({
      load: () => {
        asked += 1;
        return answer;
      },
      keepMs: 60_000,
      limitMs: 20,
    });
    await Promise.all([assert.rejects(look(), late), assert.rejects(look(), late)]);
    await assert.rejects(look(), late);
    resolve('late');
    assert.equal(await look(), 'late');
    assert.equal(asked, 1);
  });
});
