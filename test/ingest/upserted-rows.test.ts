/** What the upsert says of the rows of a page, and what is in the tables then. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { upsertRows } from '../../src/ingest/rows/upsert.ts';
import { nothingWritten } from '../../src/ingest/rows/written.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();
const record = (id: string, second: number, status = 200, ticket = 1): object => ({
  id,
  timestamp: at(second),
  url: `/api/v2/tickets/${ticket}`,
  method: 'GET',
  status,
});
const read = (records: readonly object[]) => readRecords(accessLogs, usualClassify, records);

type Options = {
  readonly covered?: readonly { readonly from: number; readonly to: number }[];
  readonly holds?: boolean;
};

/** Stores records; says what the upsert says of them, by their ids, and how many statements it needed. */
async function upsert(db: Database, records: readonly object[], options: Options = {}) {
  const rows = read(records);
  await createPartitionKeeper(db)(
    accessLogs.table,
    rows.map(({ timeMs }) => timeMs),
  );
  let statements = 0;
  const { written, twins } = await db.transaction((tx) => {
    const query: typeof tx.query = (text, values) => {
      statements += 1;
      return tx.query(text, values);
    };
    const { covered = [], holds } = options;
    return upsertRows({ ...tx, query }, accessLogs, 'acme', rows, covered, holds);
  });
  const idsOf = (of: readonly { readonly id: string }[] | undefined) => of?.map(({ id }) => id);
  return {
    counts: Object.values(written.counts),
    newAt: written.newTimesMs.toSorted((a, b) => a - b),
    standing: idsOf(written.standing),
    returned: idsOf(written.returned),
    twins: idsOf(twins),
    statements,
  };
}

const stored = (db: Database) =>
  db.query(
    `select concat_ws(' ', l.id, extract(epoch from l.timestamp)::float8, l.status, r.resource_id) as row
     from zendesk.access_logs l
     join zendesk.access_log_resources r on r.access_log_id = l.id and r.timestamp = l.timestamp
     order by l.id, l.timestamp`,
  );
const rowsOf = async (db: Database): Promise<unknown[]> =>
  (await stored(db)).map((row) => (row as { readonly row: string }).row);
const revisions = (db: Database) =>
  db.query(
    `select id, content ->> 'status' as status from zendesk.revisions order by id, revision`,
  );

describe('the upsert of a page', () => {
  it('does nothing without rows', async () => {
    await withLedger(async (db) => {
      const answer = await db.transaction((tx) => upsertRows(tx, accessLogs, 'acme', [], []));
      assert.deepEqual(answer, { written: nothingWritten, twins: [] });
    });
  });

  it('inserts new rows in any order, counts those in covered time, and needs no second look at the table', async () => {
    await withLedger(async (db) => {
      const page = [record('c', 300.5), record('a', 100), record('b', 200.25)];
      const covered = [
        { from: 100, to: 101 },
        { from: 150, to: 201 },
      ];
      assert.deepEqual(await upsert(db, page, { covered }), {
        counts: [3, 0, 2],
        newAt: [100_000, 200_250, 300_500],
        standing: ['c', 'a', 'b'],
        returned: undefined,
        twins: [],
        statements: 2,
      });
      assert.deepEqual(await rowsOf(db), ['a 100 200 1', 'b 200.25 200 1', 'c 300.5 200 1']);
    });
  });

  it('writes nothing for rows that are stored and equal', async () => {
    await withLedger(async (db) => {
      const page = [record('a', 100), record('b', 200)];
      await upsert(db, page);
      assert.deepEqual(await upsert(db, page, { covered: [{ from: 0, to: 1000 }] }), {
        counts: [0, 0, 0],
        newAt: [],
        standing: [],
        returned: undefined,
        twins: [],
        statements: 2,
      });
      assert.deepEqual(await revisions(db), []);
    });
  });

  it('replaces rows that are different, with what is derived from them, and keeps what was there', async () => {
    await withLedger(async (db) => {
      await upsert(db, [record('a', 100), record('b', 200)]);
      const page = [record('a', 100, 404, 2), record('b', 200), record('c', 300)];
      assert.deepEqual(await upsert(db, page), {
        counts: [1, 1, 0],
        newAt: [300_000],
        standing: ['c', 'a'],
        returned: undefined,
        twins: [],
        statements: 4,
      });
      assert.deepEqual(await rowsOf(db), ['a 100 404 2', 'b 200 200 1', 'c 300 200 1']);
      assert.deepEqual(await revisions(db), [{ id: 'a', status: '200' }]);
    });
  });

  it('takes one of two records with one key, and leaves it to the table which', async () => {
    await withLedger(async (db) => {
      const twice = [record('a', 100), record('a', 100, 404), record('b', 200)];
      const first = await upsert(db, twice);
      assert.deepEqual(
        [first.counts, first.newAt, first.standing, first.twins],
        [[2, 0, 0], [100_000, 200_000], undefined, []],
      );
      assert.equal((await rowsOf(db)).length, 2);
      const again = await upsert(db, [...twice, record('b', 200, 500)]);
      assert.deepEqual([again.standing, again.counts[0]], [undefined, 0]);
    });
  });

  it('leaves out a record that is stored in the same second with another time, also where others of its page changed', async () => {
    await withLedger(async (db) => {
      await upsert(db, [record('a', 100.25), record('b', 100.75), record('c', 102.5)]);
      const page = [
        record('a', 100.5, 404),
        record('b', 100.75, 404),
        record('c', 102, 404),
        record('d', 103),
      ];
      assert.deepEqual(await upsert(db, page), {
        counts: [1, 1, 0],
        newAt: [103_000],
        standing: ['d', 'b'],
        returned: undefined,
        twins: ['a', 'c'],
        statements: 4,
      });
      assert.deepEqual(await rowsOf(db), [
        'a 100.25 200 1',
        'b 100.75 404 1',
        'c 102.5 200 1',
        'd 103 200 1',
      ]);
      // Only twins: nothing else is looked for.
      const only = await upsert(db, [record('a', 100.5, 404)]);
      assert.deepEqual([only.counts, only.twins, only.statements], [[0, 0, 0], ['a'], 1]);
    });
  });

  it('leaves out a record that stands twice in a second, although one of them has its time', async () => {
    await withLedger(async (db) => {
      await upsert(db, [record('a', 100.25), record('b', 101)]);
      await db.query(
        `insert into zendesk.access_logs (account, id, timestamp, status)
         values ('acme', 'a', '1970-01-01T00:01:40.75Z', 200)`,
      );
      const { counts, standing, twins } = await upsert(db, [
        record('a', 100.25, 404),
        record('b', 101, 404),
      ]);
      assert.deepEqual([counts, standing, twins], [[0, 1, 0], ['b'], ['a']]);
      assert.deepEqual(await rowsOf(db), ['a 100.25 200 1', 'b 101 404 1']);
    });
  });

  it('returns a row that says what a revision says, if it is told to hold such rows, and otherwise writes it', async () => {
    await withLedger(async (db) => {
      await upsert(db, [record('a', 100), record('b', 200)]);
      await upsert(db, [record('a', 100, 404)]);
      const back = [record('a', 100), record('b', 200, 500)];
      const held = await upsert(db, back, { holds: true });
      assert.deepEqual([held.counts, held.standing, held.returned], [[0, 1, 0], ['b'], ['a']]);
      assert.deepEqual(await rowsOf(db), ['a 100 404 1', 'b 200 500 1']);
      const written = await upsert(db, back);
      assert.deepEqual(
        [written.counts, written.standing, written.returned],
        [[0, 1, 0], ['a'], undefined],
      );
      assert.deepEqual(await rowsOf(db), ['a 100 200 1', 'b 200 500 1']);
      assert.deepEqual(await revisions(db), [
        { id: 'a', status: '200' },
        { id: 'a', status: '404' },
        { id: 'b', status: '200' },
      ]);
    });
  });
});
