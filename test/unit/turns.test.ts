import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTurns } from '../../src/ingest/turns.ts';

describe('works that must not run at the same time', () => {
  it('begin one after the other, also after one that failed', async () => {
    const inTurn = createTurns();
    const steps: string[] = [];
    const first = Promise.withResolvers<void>();
    const works = [
      inTurn(async () => {
        steps.push('first begins');
        await first.promise;
        steps.push('first ends');
        return 1;
      }),
      inTurn(() => {
        steps.push('second fails');
        return Promise.reject(new Error('second'));
      }),
      inTurn(() => {
        steps.push('third');
        return Promise.resolve(3);
      }),
    ];
    const settled = Promise.allSettled(works);
    await new Promise(setImmediate);
    assert.deepEqual(steps, ['first begins']);
    first.resolve();
    const results = await settled;
    assert.deepEqual(steps, ['first begins', 'first ends', 'second fails', 'third']);
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed')),
      [1, 'failed', 3],
    );
  });
});
