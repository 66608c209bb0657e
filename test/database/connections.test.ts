import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf } from '../../src/errors.ts';
import { openDatabase } from '../../src/database/client.ts';
import { withDatabase } from '../support/database.ts';

describe('a pool of connections', () => {
  it('lets callers wait in line for a free connection for as long as it takes', async () => {
    await withDatabase(async (url) => {
      const limitMs = 1000;
      const db = openDatabase({ url, connections: 2, queryTimeoutMs: limitMs, patienceMs: 0 });
      try {
        const order: string[] = [];
        const hold = Promise.withResolvers<void>();
        const begun = Promise.withResolvers<void>();
        const long = db.transaction(async (tx) => {
          await tx.query('select 1');
          begun.resolve();
          await hold.promise;
          order.push('the long transaction');
        });
        const rows = db.read<{ n: number }>('select n from generate_series(1, 3) as n');
        await begun.promise;
        assert.deepEqual((await rows.next()).value, { n: 1 });
        const waiting = ['the first', 'the second'].map(async (name) => {
          await db.query('select 1');
          order.push(name);
        });
        // Longer than a server that cannot be reached is waited for.
        await new Promise((resolve) => setTimeout(resolve, 2 * limitMs));
        assert.deepEqual(order, []);
        hold.resolve();
        await Promise.all([long, ...waiting]);
        assert.deepEqual(order, ['the long transaction', 'the first', 'the second']);
        const rest: { n: number }[] = [];
        for await (const row of rows) rest.push(row);
        assert.deepEqual(rest, [{ n: 2 }, { n: 3 }]);
        await Promise.all([1, 2, 3].map(() => db.query('select 1')));
      } finally {
        await db.close();
      }
    });
  });

  it('says why something is tried again, and for how long at most', async () => {
    const told: { readonly code: string; readonly waitMs: number }[] = [];
    const db = openDatabase({
      url: 'postgres://somebody@127.0.0.1:1/nowhere',
      patienceMs: 50,
      onRetry: (error, waitMs) => told.push({ code: codeOf(error), waitMs }),
    });
    await assert.rejects(db.query('select 1'), { code: 'database_unreachable' });
    await db.close();
    assert.deepEqual(
      told.map(({ code }) => code),
      ['database_unreachable'],
    );
    assert.ok(told.every(({ waitMs }) => waitMs <= 50));
  });
});
