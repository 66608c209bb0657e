/** Rows that come to a month that is in the archive, and months that come back. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listArchivedMonthsOf, loadEveryObject, loadObjects } from '../../src/archive/ledger.ts';
import { restoreMonth } from '../../src/archive/restore.ts';
import { runArchive } from '../../src/archive/run.ts';
import { refuseOtherPlace } from '../../src/archive/same-place.ts';
import type { ArchiveStore } from '../../src/archive/store.ts';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { erasePerson } from '../../src/retention/erase.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { archivedLogs, openFolder, verifyWith } from '../support/archive.ts';
import { access, withStore } from '../support/stored-pages.ts';
import { usualClassify } from '../support/stored-records.ts';

const account = 'acme';
const { signal } = new AbortController();
const key = makeSigningKey('acme/log');
const sealing = { account, origin: 'acme/log', key, logs: archivedLogs };

type Pages = Parameters<Parameters<typeof withStore>[0]>[1];

async function withMonth(
  work: (tools: {
    db: Database;
    store: (...pages: readonly string[]) => Promise<void>;
    archived: ArchiveStore;
    archive: (heldBy?: () => Promise<readonly string[]>, into?: ArchiveStore) => Promise<void>;
    restore: (into?: string) => Promise<number>;
    verify: () => Promise<readonly string[]>;
    count: (table?: string) => Promise<number>;
  }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zls-archive-'));
  const archived = openFolder(folder);
  await withStore(async (db, storePages: Pages) => {
    const seal = async (): Promise<void> => void (await sealWaiting(db, sealing));
    await work({
      db,
      archived,
      store: async (...pages) => {
        await storePages(accessLogs, ...pages);
        await seal();
      },
      archive: async (heldBy = async () => [], into = archived) => {
        await runArchive(db, {
          store: into,
          streams: [accessLogs],
          before: new Date('2000-01-01T00:00:00Z'),
          keysOf: () => [],
          heldBy,
          tell: () => {},
          report: () => {},
          signal,
        });
        await seal();
      },
      restore: async (into) => {
        const rows = await restoreMonth(db, {
          store: archived,
          stream: accessLogs,
          month: '1970-01-01',
          account: undefined,
          into,
          classify: usualClassify,
          ensurePartitions: createPartitionKeeper(db),
          report: () => {},
          signal,
        });
        await seal();
        return rows;
      },
      verify: async () =>
        (await verifyWith(db, archived, account)).findings.map(({ kind }) => kind),
      count: async (table = 'zendesk.access_logs') => {
        const [row] = await db.query<{ rows: number }>(
          `select count(*)::integer as rows from ${table}`,
        );
        return row?.rows ?? 0;
      },
    });
  });
  rmSync(folder, { recursive: true, force: true });
}

const list = (...seconds: readonly number[]): string =>
  seconds.map((second) => access(`id${second}`, second)).join(',');

describe('the archive of a month', { concurrency: 2 }, () => {
  it('gets a delta for rows that come later, and every row is still as it was sealed', async () => {
    await withMonth(async ({ db, store, archive, verify, count }) => {
      await store(list(1, 2, 3));
      await archive();
      assert.equal(await count(), 0);
      await store(list(2, 4, 5));
      assert.deepEqual(await verify(), []);
      await archive();
      assert.equal(await count(), 0);
      assert.deepEqual(await verify(), []);
      const objects = await loadObjects(db);
      assert.deepEqual(
        objects.map(({ object, rows }) => [object, rows]),
        [
          ['stream=access_logs/account=acme/month=1970-01/part-00000.parquet', 3],
          ['stream=access_logs/account=acme/month=1970-01/delta-00001.parquet', 3],
        ],
      );
    });
  });

  it('comes back into its table, with what is derived, and goes again without a new object', async () => {
    await withMonth(async ({ db, store, archive, restore, verify, count }) => {
      await store(list(1, 2, 3));
      const rows = 'select * from zendesk.access_logs order by timestamp, id';
      const derived =
        'select * from zendesk.access_log_resources order by timestamp, access_log_id, position';
      const before = [await db.query(rows), await db.query(derived)];
      await archive();
      assert.equal(await restore(), 3);
      assert.deepEqual([await db.query(rows), await db.query(derived)], before);
      assert.deepEqual(await verify(), []);
      assert.equal(await restore(), 0);
      await archive();
      assert.equal(await count(), 0);
      assert.equal((await loadObjects(db)).length, 1);
      assert.deepEqual(await verify(), []);
    });
  });

  it('goes again after one of its rows was written again while it was back', async () => {
    await withMonth(async ({ store, archive, restore, verify, count }) => {
      await store(list(1, 2, 3));
      await archive();
      await restore();
      await store(access('id2', 2).replace('200', '404'));
      assert.deepEqual(await verify(), []);
      await archive();
      assert.equal(await count(), 0);
      assert.deepEqual(await verify(), []);
    });
  });

  it('comes into another schema without counting anywhere', async () => {
    await withMonth(async ({ store, archive, restore, verify, count }) => {
      await store(list(1, 2, 3));
      await archive();
      assert.equal(await restore('looked_at'), 3);
      assert.equal(await count('looked_at.access_logs'), 3);
      assert.equal(await count(), 0);
      assert.deepEqual(await verify(), []);
      await assert.rejects(
        restore('looked_at'),
        /Rows of .*part-00000\.parquet are in the table already/,
      );
    });
  });

  it('is written again without what was erased while it was back, and every proof holds', async () => {
    await withMonth(async ({ db, store, archive, restore, verify, count }) => {
      await store(list(1, 2, 3));
      await archive();
      assert.deepEqual(await listArchivedMonthsOf(db, account, '2'), [
        { stream: 'access_logs', month: '1970-01' },
      ]);
      await restore();
      assert.deepEqual(await listArchivedMonthsOf(db, account, '2'), []);
      const deed = { by: 'somebody', reason: 'request 17' };
      await erasePerson(db, account, archivedLogs, '2', deed);
      assert.deepEqual(await verify(), []);
      await archive();
      assert.equal(await count(), 0);
      const objects = await loadEveryObject(db, {});
      assert.deepEqual(
        objects.map(({ rows, isSpoiled }) => [rows, isSpoiled]),
        [
          [3, true],
          [3, false],
        ],
      );
      assert.deepEqual(await verify(), []);
    });
  });

  it('stays under a hold that is set while it is archived', async () => {
    await withMonth(async ({ store, archive, verify, count }) => {
      await store(list(1, 2, 3));
      const answers = [[], ['case-7']];
      await archive(async () => answers.shift() ?? []);
      assert.equal(await count(), 3);
      await archive();
      assert.equal(await count(), 0);
      assert.deepEqual(await verify(), []);
    });
  });

  it('stays when somebody is erased while it is archived, and goes without what was erased', async () => {
    await withMonth(async ({ db, archived, store, archive, verify, count }) => {
      await store(list(1, 2, 3));
      const deed = { by: 'somebody', reason: 'request 17' };
      const erasing: ArchiveStore = {
        ...archived,
        async create(path, bytes) {
          // The manifest is the last that is written before the partition is dropped.
          if (path.includes('_part')) await erasePerson(db, account, archivedLogs, '2', deed);
          return archived.create(path, bytes);
        },
      };
      await assert.rejects(
        archive(undefined, erasing),
        /some came or lost something meanwhile\. It was not dropped/,
      );
      assert.equal(await count(), 3);
      await archive();
      assert.equal(await count(), 0);
      const objects = await loadEveryObject(db, {});
      assert.deepEqual(
        objects.map(({ isSpoiled }) => isSpoiled),
        [true, false],
      );
      assert.deepEqual(await verify(), []);
    });
  });

  it('does not continue where the newest object is gone and others are there, until somebody says that it is lost', async () => {
    await withMonth(async ({ db, archived, store, archive, count }) => {
      await store(list(1));
      await archive();
      await store(list(2));
      await archive();
      const folder = join(archived.name, 'stream=access_logs/account=acme/month=1970-01');
      rmSync(join(folder, 'delta-00001.parquet'));
      await store(list(3));
      await assert.rejects(
        archive(),
        /delta-00001\.parquet, which was archived last, is gone, and others are there: a lifecycle rule of the bucket expires objects, or somebody has deleted it\..*"archive run --accept-loss" continues without it/,
      );
      assert.equal(await count(), 1);
      await refuseOtherPlace(db, archived, true);
    });
  });

  it('does not go to a place that has not what was archived last, such as a mount that is not there', async () => {
    await withMonth(async ({ store, archive, count }) => {
      await store(list(1, 2, 3));
      await archive();
      await store(list(4));
      const empty = mkdtempSync(join(tmpdir(), 'zls-archive-'));
      await assert.rejects(
        archive(undefined, openFolder(empty)),
        /does not have stream=access_logs\/account=acme\/month=1970-01\/part-00000\.parquet, which was archived last: it is another archive, or a mount that is not there/,
      );
      assert.deepEqual(readdirSync(empty), []);
      assert.equal(await count(), 1);
      rmSync(empty, { recursive: true });
      await archive();
      assert.equal(await count(), 0);
    });
  });

  it('is not begun under a hold', async () => {
    await withMonth(async ({ store, archive, count }) => {
      await store(list(1, 2, 3));
      await archive(async () => ['case-7']);
      assert.equal(await count(), 3);
    });
  });
});
