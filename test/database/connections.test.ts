import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf } from '../../src/errors.ts';
import { openDatabase } from '../../src/database/client.ts';
import { withDatabase } from '../support/database.ts';

describe('a pool of connections', () => {
  it('lets callers wait for a free connection without a limit', async () => {
    await withDatabase(async (url) => {
      const limitMs = 2000;
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
        // Longer than the time limit for an unreachable server.
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

  it('read the text of COPY with values, a statement that fails, and one that is left, and are free again', async () => {
    await withDatabase(async (url) => {
      const db = openDatabase({ url, connections: 1, patienceMs: 0 });
      const copy = (columns: string): AsyncGenerator<Buffer> =>
        db.copyOut(`copy (select ${columns} from generate_series(1, 100000) as n) to stdout`, [
          "it's \\ one",
          'two',
        ]);
      try {
        let text = '';
        const [one, two] = [1, 2].map((place) => `current_setting('zendesk_sync.value${place}')`);
        for await (const piece of copy(`${one}, ${two}, n`)) text += piece.toString();
        const lines = text.split('\n');
        assert.equal(lines.length, 100_001);
        assert.equal(lines[99_999], "it's \\\\ one\ttwo\t100000");
        await assert.rejects(
          async () => {
            for await (const _ of copy('1 / (50000 - n)'));
          },
          { code: 'database_refused' },
        );
        for await (const piece of copy('n')) {
          assert.equal(piece.toString('utf8', 0, 4), '1\n2\n');
          break;
        }
        assert.deepEqual(
          await db.query("select current_setting('zendesk_sync.value1', true) as value"),
          [{ value: null }],
        );
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
