/** The rows of a page that is not stored by COPY: some refused, some there twice, some back from an earlier version. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { readPage } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageToStore, StoredPage } from '../../src/ingest/page-to-store.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const span = { from: 0, to: 100_000 };
const complete = { kind: 'complete', coverage: [span], rescans: [] } as const;

const record = (id: string, status = 200): object => ({
  id,
  timestamp: new Date(100_000).toISOString(),
  url: '/api/v2/tickets/1',
  method: 'GET',
  status,
});
const unread = { ...record('odd'), timestamp: 'yesterday' };
const some = (count: number, letter: string, status?: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => record(`${letter}${index}`, status));

type Store = (
  records: readonly object[],
  others?: Partial<PageToStore>,
  hasQuarantine?: boolean,
) => Promise<StoredPage>;

/** Stores pages of one fetch in a database that refuses rows with the status 418. */
async function withPages(work: (store: Store, db: Database) => Promise<void>): Promise<void> {
  await withLedger(async (db) => {
    const lease = await takeLease(db, accessLogs);
    let { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 100 });
    const ensurePartitions = createPartitionKeeper(db);
    await ensurePartitions(accessLogs.table, [100_000]);
    await db.query('alter table zendesk.access_logs add check (status <> 418)');
    const store: Store = async (records, others = {}, hasQuarantine = true) => {
      const { quarantine, ...read } = readPage(accessLogs, usualClassify, {
        records,
        originals: () => [],
        lossy: new Set(),
      });
      const stored = await storePage({ db, ensurePartitions }, lease, accessLogs, {
        ...read,
        ...(hasQuarantine && { quarantine }),
        fetch,
        pageSize: 100,
        askedAt: 300_000,
        covered: [],
        end: { kind: 'more', nextCursor: 'next' },
        ...others,
      });
      ({ fetch } = stored);
      return stored;
    };
    await work(store, db);
  });
}

const listed = async (db: Database, table: string, words: string): Promise<string> =>
  (await db.query<{ row: string }>(`select ${words} as row from zendesk${table} order by 1`))
    .map(({ row }) => row)
    .join(' ');
const stored = (db: Database) => listed(db, '.access_logs', `id || '=' || status`);
const revisions = (db: Database) => listed(db, '.revisions', `id || '=' || (content ->> 'status')`);

describe('a page with rows that Postgres refuses', () => {
  it('is stored without them if they are half of it, with the records that cannot be read', async () => {
    await withPages(async (store, db) => {
      const { counts, quarantined } = await store([
        ...some(2, 'a'),
        ...some(4, 'b', 418),
        unread,
        ...some(3, 'c'),
      ]);
      assert.deepEqual(counts, { new: 5, changed: 0, late: 0 });
      assert.deepEqual(
        quarantined.map(({ position, recordId, code }) => [position, recordId, code]),
        [
          [7, 'odd', 'record_unreadable'],
          ...[3, 4, 5, 6].map((position) => [position, `b${position - 3}`, 'record_refused']),
        ],
      );
      assert.equal(await stored(db), 'a0=200 a1=200 c0=200 c1=200 c2=200');
      assert.equal(await listed(db, '_sync.quarantine', 'record_id'), 'b0 b1 b2 b3 odd');
    });
  });

  it('is not stored at all if they are more', async () => {
    await withPages(async (store, db) => {
      await assert.rejects(store([...some(4, 'a'), ...some(4, 'b', 418), unread]), {
        code: 'records_unusable',
      });
      assert.deepEqual(
        [await stored(db), await listed(db, '_sync.quarantine', 'record_id')],
        ['', ''],
      );
    });
  });

  it('is refused as a whole where nothing can go into quarantine', async () => {
    await withPages(async (store, db) => {
      const page = [record('a'), record('b', 418)];
      await assert.rejects(store(page, {}, false), { sqlState: '23514' });
      assert.equal(await stored(db), '');
    });
  });

  it('keeps both versions of a record that it has twice', async () => {
    await withPages(async (store, db) => {
      const page = [record('a', 404), record('a'), record('b', 418), record('c')];
      const { counts, quarantined } = await store(page, { end: complete });
      assert.deepEqual([counts, quarantined.length], [{ new: 2, changed: 1, late: 0 }, 1]);
      assert.deepEqual([await stored(db), await revisions(db)], ['a=200 c=200', 'a=404']);
    });
  });
});

describe('a version that came back', () => {
  it('waits until the page that ends its span, which writes it', async () => {
    await withPages(async (store, db) => {
      await store([record('a'), record('b')]);
      await store([record('a', 404)]);
      const page = [record('a'), record('c')];
      const held = await store(page, { returns: { again: new Set(), held: [] } });
      assert.deepEqual(held.counts, { new: 1, changed: 0, late: 0 });
      assert.deepEqual(
        held.returned?.map(({ id }) => id),
        ['a'],
      );
      assert.equal(await stored(db), 'a=404 b=200 c=200');
      const returns = { again: new Set<string>(), held: held.returned ?? [] };
      const last = await store([record('d')], { returns, end: complete });
      assert.deepEqual(last.counts, { new: 1, changed: 1, late: 0 });
      assert.equal(last.returned, undefined);
      assert.equal(await stored(db), 'a=200 b=200 c=200 d=200');
      assert.equal(await revisions(db), 'a=200 a=404');
    });
  });

  it('is written at once by the page that ends its span, and where nothing is remembered', async () => {
    await withPages(async (store, db) => {
      await store([record('a')]);
      await store([record('a', 404)]);
      const back = await store([record('a')]);
      assert.deepEqual([back.counts.changed, back.returned], [1, undefined]);
      await store([record('a', 404)]);
      assert.equal(await stored(db), 'a=404');
      const returns = { again: new Set<string>(), held: [] };
      const { counts, returned } = await store([record('a')], { returns, end: complete });
      assert.deepEqual([counts.changed, returned, await stored(db)], [1, undefined, 'a=200']);
    });
  });
});
