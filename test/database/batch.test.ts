/** Statements that travel together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { withDatabase } from '../support/database.ts';

async function withTable(work: (db: Database) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    const db = openDatabase({ url });
    try {
      await db.query('create table public.lines (id integer primary key, line text)');
      await work(db);
    } finally {
      await db.close();
    }
  });
}

const statement = 'copy public.lines (id, line) from stdin';
const stored = (db: Database): Promise<unknown[]> =>
  db.query('select id, line from public.lines order by id');

describe('statements that are sent together', () => {
  it('give the rows of each, in their types, and what their parameters say', async () => {
    await withTable(async (db) => {
      const answers = await db.transaction((tx) =>
        tx.queryAll([
          { text: 'select $1::integer as number', values: [7] },
          { text: 'insert into public.lines values (1, $1)', values: ["'; drop table x"] },
          { text: 'select id, line from public.lines' },
          { text: 'select from public.lines where false' },
        ]),
      );
      const plain = JSON.parse(JSON.stringify(answers)) as unknown;
      assert.deepEqual(plain, [[{ number: 7 }], [], [{ id: 1, line: "'; drop table x" }], []]);
    });
  });

  it('may come after a text of several statements, with which the transaction begins', async () => {
    await withTable(async (db) => {
      const [settings] = await db.transaction(async (tx) => {
        await tx.query('set transaction read only; set local statement_timeout = 1234');
        return tx.query(
          `select current_setting('transaction_read_only') as "readOnly", current_setting('statement_timeout') as "limit"`,
        );
      });
      assert.deepEqual(settings, { readOnly: 'on', limit: '1234ms' });
    });
  });

  it('are skipped behind the first that fails, and the transaction is rolled back', async () => {
    await withTable(async (db) => {
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.query('insert into public.lines values (1)');
          await tx.queryAll([
            { text: 'select 1 / 0' },
            { text: 'insert into public.lines values (2)' },
          ]);
        }),
        (error: { sqlState?: string }) => error.sqlState === '22012',
      );
      assert.deepEqual(await stored(db), []);
      assert.deepEqual(await db.query('select 1 as alive'), [{ alive: 1 }]);
    });
  });
});

describe('the end of a transaction in one round trip', () => {
  it('copies, runs the statements that are made when the lines are written, and commits', async () => {
    await withTable(async (db) => {
      let written = 0;
      function* lines(from: number): Generator<string> {
        for (let id = from; id < from + 3000; id += 1) {
          written += 1;
          yield `${id}\t${'x'.repeat(50)}\n`;
        }
      }
      await db.transaction((tx) =>
        tx.end(
          [
            { statement, lines: lines(0) },
            { statement, lines: lines(3000) },
          ],
          () => [
            { text: 'insert into public.lines values (-1, $1)', values: [`${written} lines`] },
          ],
        ),
      );
      const [first, ...others] = await stored(db);
      assert.deepEqual(first, { id: -1, line: '6000 lines' });
      assert.equal(others.length, 6000);
    });
  });

  it('stores nothing when a line, a statement or the making of a line fails, and the connection stays usable', async () => {
    await withTable(async (db) => {
      function* broken(): Generator<string> {
        yield '1\ta\n';
        throw new Error('no further line');
      }
      const end = (lines: Iterable<string>, text = 'select 1'): Promise<void> =>
        db.transaction((tx) => tx.end([{ statement, lines }], () => [{ text }]));
      const failsWith =
        (state: string) =>
        (error: { sqlState?: string }): boolean =>
          error.sqlState === state;
      await assert.rejects(end(['1\ta\n', '1\tb\n']), failsWith('23505'));
      await assert.rejects(end(['1\ta\n'], 'select 1 / 0'), failsWith('22012'));
      await assert.rejects(end(broken()), /no further line/);
      assert.deepEqual(await stored(db), []);
      await end(['1\ta\n']);
      assert.deepEqual(await stored(db), [{ id: 1, line: 'a' }]);
    });
  });
});
