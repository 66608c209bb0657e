/** What is written of records that a run has seen with another time, without a source. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { writeRows } from '../../src/ingest/rows/rows.ts';
import type { WrittenRows } from '../../src/ingest/rows/written.ts';
import type { Spans } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

/** An id, its second, its status, and the second in which the run has seen it before. */
type Seen = readonly [id: string, second: number, status: number, former?: number];

const write = (db: Database, ...page: readonly Seen[]): Promise<WrittenRows> =>
  writeWithin(db, [], page);

async function writeWithin(
  db: Database,
  covered: Spans,
  page: readonly Seen[],
): Promise<WrittenRows> {
  const records = page.map(([id, second, status]) => ({
    id,
    timestamp: new Date(second * 1000).toISOString(),
    url: `/api/v2/tickets/${status}`,
    status,
  }));
  const rows = readRecords(accessLogs, usualClassify, records);
  await createPartitionKeeper(db)(
    accessLogs.table,
    rows.map(({ timeMs }) => timeMs),
  );
  const formers = new Map(
    rows.flatMap((row, place) => {
      const former = page[place]?.[3];
      return former === undefined ? [] : [[row, former * 1000] as const];
    }),
  );
  return db.transaction((tx) => writeRows(tx, accessLogs, 'acme', rows, { covered, formers }));
}

const stored = (db: Database) =>
  db.query(
    `select l.id, extract(epoch from l.timestamp)::float8 as second, l.status, array_agg(r.resource_id) as tickets
     from zendesk.access_logs l
     left join zendesk.access_log_resources r on r.access_log_id = l.id and r.timestamp = l.timestamp
     group by l.id, l.timestamp, l.status order by l.id, l.timestamp`,
  );
const revisions = (db: Database) =>
  db.query(
    `select id, extract(epoch from occurred_at)::float8 as second, (content -> 'status')::integer as status
     from zendesk.revisions order by revision`,
  );
const row = (id: string, second: number, status: number) => ({
  id,
  second,
  status,
  tickets: [String(status)],
});

describe('a record that a run has seen with another time', () => {
  it('moves to its later time, and the version with the earlier one becomes a revision', async () => {
    await withLedger(async (db) => {
      await write(db, ['a', 10, 200], ['b', 10, 201], ['other', 20, 202]);
      const written = await write(db, ['a', 40, 300, 10], ['new', 41, 301], ['b', 90, 302, 10]);
      assert.deepEqual(written.counts, { new: 1, changed: 2, late: 0 });
      assert.deepEqual(
        written.newTimesMs.toSorted((a, b) => a - b),
        [40_000, 41_000, 90_000],
      );
      assert.deepEqual([written.leftTimesMs, written.droppedTimesMs], [[10_000, 10_000], []]);
      assert.deepEqual(await stored(db), [
        row('a', 40, 300),
        row('b', 90, 302),
        row('new', 41, 301),
        row('other', 20, 202),
      ]);
      assert.deepEqual(await revisions(db), [
        { id: 'a', second: 10, status: 200 },
        { id: 'b', second: 10, status: 201 },
      ]);
    });
  });

  it('gets the last of the times that a page has for it', async () => {
    await withLedger(async (db) => {
      await write(db, ['a', 10, 200]);
      const written = await write(db, ['a', 40, 300, 60], ['a', 60, 301, 10]);
      assert.deepEqual(written.counts, { new: 0, changed: 2, late: 0 });
      assert.deepEqual(await stored(db), [row('a', 60, 301)]);
      assert.deepEqual(await revisions(db), [
        { id: 'a', second: 10, status: 200 },
        { id: 'a', second: 40, status: 300 },
      ]);
    });
  });

  it('stays where it is if the page has an earlier time, and that version becomes a revision once', async () => {
    await withLedger(async (db) => {
      await write(db, ['a', 40, 200]);
      const first = await write(db, ['a', 10, 300, 40]);
      assert.deepEqual(first.counts, { new: 0, changed: 1, late: 0 });
      const again = await write(db, ['a', 10, 300, 40]);
      assert.deepEqual(again.counts, { new: 0, changed: 0, late: 0 });
      assert.deepEqual(await stored(db), [row('a', 40, 200)]);
      assert.deepEqual(await revisions(db), [{ id: 'a', second: 10, status: 300 }]);
    });
  });

  it('keeps the later time within a second, with the new content', async () => {
    await withLedger(async (db) => {
      await write(db, ['a', 10.5, 200]);
      const written = await write(db, ['a', 10, 300, 10]);
      assert.deepEqual(written.counts, { new: 0, changed: 1, late: 0 });
      assert.deepEqual(await stored(db), [row('a', 10.5, 300)]);
      // If the run has seen a later version itself, the content stays too.
      await write(db, ['a', 10, 400, 10.4]);
      assert.deepEqual(await stored(db), [row('a', 10.5, 300)]);
      assert.deepEqual(await revisions(db), [
        { id: 'a', second: 10.5, status: 200 },
        { id: 'a', second: 10, status: 400 },
      ]);
    });
  });

  it('does not count a row of the same page as new or late that is no row any more', async () => {
    await withLedger(async (db) => {
      await takeLease(db, accessLogs);
      await write(db, ['a', 50, 200]);
      const covered = [{ from: 0, to: 40 }];
      const page: readonly Seen[] = [
        ['a', 10, 300],
        ['a', 10.5, 301, 50],
        ['b', 20, 302],
        ['c', 45, 303],
      ];
      const written = await writeWithin(db, covered, page);
      assert.deepEqual(written.counts, { new: 2, changed: 2, late: 1 });
      assert.deepEqual(written.droppedTimesMs, [10_000]);
      assert.deepEqual(await stored(db), [row('a', 50, 200), row('b', 20, 302), row('c', 45, 303)]);
      assert.deepEqual(await revisions(db), [
        { id: 'a', second: 10, status: 300 },
        { id: 'a', second: 10.5, status: 301 },
      ]);
    });
  });

  it('loses its further rows, which become revisions once', async () => {
    await withLedger(async (db) => {
      await takeLease(db, accessLogs);
      await write(db, ['a', 10, 200], ['b', 10, 201]);
      // As an earlier version of the program left it.
      for (const id of ['a', 'b'])
        await db.query(
          `insert into zendesk.access_logs (account, id, timestamp, status) values ('acme', $1, to_timestamp(10.5), 500)`,
          [id],
        );
      const written = await write(db, ['a', 10.7, 300, 10], ['b', 30, 301, 10]);
      assert.deepEqual(written.counts, { new: 0, changed: 4, late: 0 });
      assert.deepEqual(written.droppedTimesMs, [10_000, 10_000]);
      assert.deepEqual(await stored(db), [row('a', 10.7, 300), row('b', 30, 301)]);
      assert.deepEqual(
        (await revisions(db)).map((each) => JSON.stringify(each)).toSorted(),
        [
          { id: 'a', second: 10, status: 200 },
          { id: 'a', second: 10.5, status: 500 },
          { id: 'b', second: 10, status: 201 },
          { id: 'b', second: 10.5, status: 500 },
        ].map((each) => JSON.stringify(each)),
      );
      assert.deepEqual(await db.query('select code from zendesk_sync.coverage_losses'), []);
    });
  });
});
