import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  own,
} from '../../support/access-view-rows.ts';

describe('the rule denied_burst', () => {
  /** One denied request every so many seconds. */
  const denied = (count: number, seconds = 1): AccessRow[] =>
    Array.from({ length: count }, (_, n) => ({
      timestamp: new Date(Date.UTC(2026, 10, 18, 12) + n * seconds * 1000).toISOString(),
      status: [401, 403, 404][n % 3],
    }));
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('denied_burst', rows, statements);

  it('finds the twentieth request in ten minutes, and not those after it', async () => {
    assert.deepEqual(await find(denied(25)), [[20, 'Many requests denied: 20 within 10 minutes']]);
    assert.deepEqual(await find(denied(20, 31)), [
      [20, 'Many requests denied: 20 within 10 minutes'],
    ]);
  });

  it('finds nothing in nineteen, in twenty over a longer time, of two people, or of programs', async () => {
    const nineteen = denied(19);
    assert.deepEqual(await find(denied(20, 32)), []);
    for (const twentieth of [
      at('11-18T12:05:00', { status: 200 }),
      at('11-18T12:05:00', { status: 500 }),
      at('11-18T12:10:00', { status: 403 }),
      at('11-18T12:05:00', { status: 403, user_id: 6 }),
      at('11-18T12:05:00', { status: 403, url: '/api/v2/audit_logs', ...own }),
    ])
      assert.deepEqual(await find([...nineteen, twentieth]), []);
    assert.deepEqual(await find(denied(25), [isProgram(5)]), []);
  });
});
