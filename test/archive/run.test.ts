/** Months brought into the archive and dropped. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadObjects } from '../../src/archive/ledger.ts';
import { readInOrder } from '../../src/archive/read-in-order.ts';
import { repairArchive } from '../../src/archive/repair.ts';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { settleLosses } from '../../src/ingest/losses.ts';
import type { Database } from '../../src/database/client.ts';
import { describeCoverage } from '../../src/reports/shared/statement.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { archivedLogs, withArchive, type Archived } from '../support/archive.ts';
import { account } from '../support/installation.ts';

/** Every row of a log as it stands in the table, as JSON, in the order of their keys. */
async function listStanding(db: Database, { table }: LogStream): Promise<readonly string[]> {
  const { name, time, id, columns } = table;
  const rows = await db.query<{ line: string }>(
    `select json_build_array(${id.name}::text, (extract(epoch from ${time}) * 1000000)::bigint::text, ${columns.map((column) => (column === 'ip_address' ? `host(${column})` : `${column}::text`)).join(', ')})::text as line
     from ${name} order by ${time}, ${id.name}`,
  );
  return rows.map(({ line }) => JSON.stringify(JSON.parse(line)));
}

async function listArchived({ db, store }: Archived, { name, table }: LogStream) {
  const lines: string[] = [];
  const objects = await loadObjects(db, { account, stream: name });
  for await (const rows of readInOrder(store, table, objects))
    for (const { id, micros, values } of rows) lines.push(JSON.stringify([id, micros, ...values]));
  return lines;
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
}

describe('archive run', { concurrency: 2 }, () => {
  it('moves every row of whole partitions into objects, and the sealed log, the coverage and the counts agree', async () => {
    await withArchive(async (archived) => {
      const { db, archive, verify, engine, store } = archived;
      const before = await Promise.all(archivedLogs.map((log) => listStanding(db, log)));
      const covered = await loadCoverage(db, { account, stream: 'access_logs' });
      const told = await archive();
      assert.ok(told.filter(({ rows }) => rows > 0).length >= 4);
      for (const [place, log] of archivedLogs.entries()) {
        assert.deepEqual(await listArchived(archived, log), before[place]);
        assert.deepEqual(await listStanding(db, log), []);
      }
      const result = await verify();
      assert.deepEqual(
        [result.findings, result.unchecked.filter(({ reason }) => reason !== 'key_unknown')],
        [[], []],
      );
      assert.deepEqual(
        result.streams.map(({ rows }) => rows),
        before.map(({ length }) => length),
      );
      await settleLosses({ engine, stream: accessLogs });
      assert.deepEqual(await db.query('select * from zendesk_sync.losses'), []);
      assert.deepEqual(await loadCoverage(db, { account, stream: 'access_logs' }), covered);
      assert.deepEqual(
        listFiles(archived.folder).filter((path) => path.endsWith('.parquet')).length,
        (await loadObjects(db)).length,
      );
      assert.equal(store.name, archived.folder);
    });
  });

  it('is refused by a report that does not read the archive, with what to do', async () => {
    await withArchive(async ({ db, archive }) => {
      const span = { from: new Date('2000-01-01T00:00:00Z'), to: new Date('2199-01-01T00:00:00Z') };
      const scope = { db, account, now: new Date(), timeZone: undefined };
      await describeCoverage(scope, { log: auditLogs, ...span });
      await archive();
      await assert.rejects(
        describeCoverage(scope, { log: auditLogs, ...span }),
        /^KnownError: The audit log from \d{4}-\d\d-01 00:00:00 to \d{4}-\d\d-01 00:00:00 is in the archive, and this report does not read it there\. Choose a time from .* on, or bring the months back: archive restore --stream audit_logs --month \d{4}-\d\d\.$/,
      );
      const read = await describeCoverage(
        { ...scope, archived: ['audit_logs'] },
        { log: auditLogs, ...span },
      );
      assert.match(read.coverage.join(' '), /is in the archive \([\d,]+ rows\) and was read there/);
    });
  });

  it('leaves the sums of archived days as they are', async () => {
    await withArchive(async ({ db, archive }) => {
      await refreshRollups(db, account, archivedLogs);
      const sums = (): Promise<unknown[]> =>
        db.query('select * from zendesk.agent_day order by day, user_id');
      const before = await sums();
      assert.ok(before.length > 0);
      await archive();
      await db.query(
        `insert into zendesk_sync.stale_days (account, stream, day) select distinct account, 'access_logs', day from zendesk.agent_day`,
      );
      await refreshRollups(db, account, archivedLogs);
      assert.deepEqual(await sums(), before);
      const places = await db.query<{ place: string }>(
        'select distinct place from zendesk_sync.row_places',
      );
      assert.deepEqual(places, [{ place: 'archived' }]);
    });
  });

  it('drops nothing when a byte of an object is not as it was written', async () => {
    await withArchive(async ({ db, archive, store }) => {
      const flipping = {
        ...store,
        async read(path: string) {
          const bytes = await store.read(path);
          if (bytes === undefined || !path.includes('access_logs')) return bytes;
          const other = Buffer.from(bytes);
          other[100] = (other[100] ?? 0) ^ 1;
          return other;
        },
      };
      const [rows] = await db.query('select count(*) from zendesk.access_logs');
      await assert.rejects(
        archive(undefined, flipping),
        /part-00000\.parquet has other bytes than were written when it is read back\. Nothing was dropped/,
      );
      assert.deepEqual(await db.query('select count(*) from zendesk.access_logs'), [rows]);
    });
  });

  it('never writes over an object of another content', async () => {
    await withArchive(async ({ db, archive, verify, folder, store }) => {
      await assert.rejects(
        archive(undefined, { ...store, create: async () => false }),
        /is not there, or may not be read when it is read back/,
      );
      const [noted] = await loadObjects(db);
      assert.ok(noted);
      await store.create(noted.object, Buffer.from('something else'));
      await assert.rejects(archive(), /has 14 bytes, and \d+ were written/);
      // What the error advises: the rows are written under another name, and what is there stays.
      const { signal } = new AbortController();
      const repair = { store, copy: undefined, streams: archivedLogs, report: () => {}, signal };
      assert.deepEqual(await repairArchive(db, repair), {
        done: [
          `${noted.object} no longer counts: something else has its name, and the next "archive run" writes its rows under another one`,
        ],
        left: [],
      });
      await archive();
      assert.deepEqual((await verify()).findings, []);
      assert.equal(readFileSync(join(folder, noted.object), 'utf8'), 'something else');
    });
  });

  it('drops nothing when the place writes over what is there', async () => {
    await withArchive(async ({ db, archive, store }) => {
      const careless = {
        ...store,
        async create(path: string, bytes: Buffer) {
          await store.remove(path, undefined);
          return store.create(path, bytes);
        },
      };
      const [rows] = await db.query('select count(*) from zendesk.access_logs');
      await assert.rejects(
        archive(undefined, careless),
        /part-00000\.json: it does not know If-None-Match\. Nothing was dropped\./,
      );
      assert.deepEqual(await db.query('select count(*) from zendesk.access_logs'), [rows]);
    });
  });

  it('drops nothing that is not as the sealed log says', async () => {
    await withArchive(async ({ db, archive }) => {
      await db.transaction(async (tx) => {
        await tx.query('set local session_replication_role = replica');
        await tx.query(
          `update zendesk.access_logs set url = 'x' where (timestamp, id) = (select min(timestamp), min(id) from zendesk.access_logs where timestamp = (select min(timestamp) from zendesk.access_logs))`,
        );
      });
      // The four bits of a tag tell in fifteen of sixteen cases which row it is.
      await assert.rejects(
        archive(),
        /was not dropped: (Row .* is not as it was stored|Not all of the .* are as they were stored)/,
      );
      const [rows] = await db.query<{ partitions: number }>(
        `select count(*)::integer as partitions from zendesk_sync.partitions where log_table = 'zendesk.access_logs'`,
      );
      assert.ok((rows?.partitions ?? 0) >= 3);
    });
  });
});
