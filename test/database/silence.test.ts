import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { hasCode } from '../../src/errors.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { withDatabase } from '../support/database.ts';
import { waitUntil } from '../support/pulled-account.ts';

const limitMs = 500;

/** Tries until there is an answer: a busy machine may need longer than the limit for one. */
async function untilAnswered(work: () => Promise<unknown>): Promise<void> {
  await waitUntil(() =>
    work().then(
      () => true,
      (error: unknown) => {
        if (!hasCode(error, 'database_unreachable')) throw error;
        return false;
      },
    ),
  );
}

async function withProxy(
  options: { patienceMs?: number; signal?: AbortSignal; queryTimeoutMs?: number },
  work: (db: Database, proxy: DatabaseProxy) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const proxy = await startDatabaseProxy(url);
    const db = openDatabase({ url: proxy.url, connections: 1, ...options });
    try {
      await untilAnswered(() => db.query('select 1'));
      await work(db, proxy);
    } finally {
      await db.close();
      await proxy.close();
    }
  });
}

const lost = { code: 'database_unreachable' };

describe('a connection that loses every byte without being closed', () => {
  const works: readonly [string, (db: Database) => Promise<unknown>][] = [
    ['a statement', (db) => db.query('select 1')],
    ['a transaction', (db) => db.transaction((tx) => tx.query('select 1'))],
    [
      'the rows of a query',
      async (db) => {
        for await (const _ of db.read('select 1 where false')) assert.fail('there was a row');
      },
    ],
    [
      'the text of COPY',
      async (db) => {
        const pieces = db.copyOut('copy (select 1 where false) to stdout', []);
        for await (const _ of pieces) assert.fail('there was a row');
      },
    ],
  ];
  for (const [name, work] of works)
    it(`does not block ${name}, and is replaced by another one`, async () => {
      await withProxy({ patienceMs: 0, queryTimeoutMs: limitMs }, async (db, proxy) => {
        proxy.silenceAll();
        await assert.rejects(work(db), lost);
        proxy.resume();
        await untilAnswered(() => work(db));
        await untilAnswered(async () =>
          assert.deepEqual(await db.query('select 1 as n'), [{ n: 1 }]),
        );
      });
    });

  it('does not block a transaction in the middle, including COPY', async () => {
    await withProxy({ patienceMs: 0, queryTimeoutMs: limitMs }, async (db, proxy) => {
      let isInTheMiddle = false;
      await waitUntil(async () => {
        await assert.rejects(
          db.transaction(async (tx) => {
            await tx.query('create table public.lines (line text)');
            isInTheMiddle = true;
            proxy.silenceAll();
            await tx.copy('copy public.lines from stdin', ['a\n', 'b\n']);
          }),
          lost,
        );
        return isInTheMiddle;
      });
      proxy.resume();
      await untilAnswered(async () =>
        assert.deepEqual(await db.query(`select to_regclass('public.lines') as found`), [
          { found: null },
        ]),
      );
    });
  });

  it('is told apart from one that was closed: a new one gets no answer in time', async () => {
    await withProxy({ patienceMs: 0, queryTimeoutMs: limitMs }, async (db, proxy) => {
      proxy.silenceAll();
      await assert.rejects(db.query('select 1'), lost);
      await assert.rejects(db.query('select 1'), {
        ...lost,
        message:
          'Postgres cannot be reached (no answer in time). Check that it is running and that DATABASE_URL points to it.',
      });
    });
  });

  it('is replaced by another one within the retry time', async () => {
    await withProxy({ queryTimeoutMs: 4 * limitMs }, async (db, proxy) => {
      proxy.silenceAll();
      const answer = db.query('select 1 as n');
      await new Promise((resolve) => setTimeout(resolve, limitMs));
      proxy.resume();
      assert.deepEqual(await answer, [{ n: 1 }]);
    });
  });

  it('is closed a few seconds after a signal, however long its statement may take', async () => {
    const stopping = new AbortController();
    await withProxy({ signal: stopping.signal }, async (db, proxy) => {
      proxy.silenceAll();
      const answer = db.query('select 1');
      stopping.abort();
      await assert.rejects(answer, lost);
      await assert.rejects(db.query('select 1'), lost);
    });
  });
});
