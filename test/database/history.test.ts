/** What a process remembers of a database that has gone back to an earlier state is not valid. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { closeFetch, openFetch, reopenFetch, restartFetch } from '../../src/ingest/fetch.ts';
import {
  acquireLease,
  advanceLease,
  checkLease,
  releaseLease,
  renewLease,
} from '../../src/ingest/lease.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageToStore, StoredPage } from '../../src/ingest/page-to-store.ts';
import { areRecorded, closeRun, openRun } from '../../src/ingest/run-record.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const key = { account: 'acme', stream: 'access_logs' };
const nothing = { requests: 0, new: 0, changed: 0, late: 0 };
const changed = { code: 'history_changed' };
const span = { from: 1000, to: 2000 };
const complete = { kind: 'complete', coverage: [span], rescans: [] } as const;

const rows = (id: string, second: number): PageToStore['rows'] =>
  readRecords(accessLogs, usualClassify, [
    { id, timestamp: new Date(second * 1000).toISOString(), method: 'GET', url: '/' },
  ]);

/** Everything that the ledger says about fetches and coverage, and the ids of the rows. */
async function look(db: Database): Promise<unknown> {
  return {
    fetches: await db.query('select * from zendesk_sync.fetches order by id'),
    coverage: await db.query('select * from zendesk_sync.coverage'),
    rows: await db.query('select id from zendesk.access_logs order by id'),
  };
}

/** Possible changes of a fetch of which a process remembers two pages, as statements; `$1` is its number. */
const changes: Readonly<Record<string, string>> = {
  'stands a page behind': `update zendesk_sync.fetches set pages = 1, cursor = 'c1' where id = $1`,
  'stands a page further by another cursor': `update zendesk_sync.fetches set pages = 3, cursor = 'x' where id = $1`,
  'stands two pages further': `update zendesk_sync.fetches set pages = 4, cursor = 'c3' where id = $1`,
  'has ended': `update zendesk_sync.fetches set outcome = 'abandoned', ended_at = now() where id = $1`,
  'has another reader': `update zendesk_sync.fetches set mark = gen_random_uuid() where id = $1`,
  'has another reader, who has stored the next page': `update zendesk_sync.fetches
    set mark = gen_random_uuid(), pages = 3, cursor = null, outcome = 'complete' where id = $1`,
  'is gone': 'delete from zendesk_sync.fetches where id = $1',
  'is gone, and its number that of another span': `update zendesk_sync.fetches
    set kind = 'rescan', span_from = to_timestamp(5000), span_until = to_timestamp(6000), mark = gen_random_uuid()
    where id = $1`,
  'is gone, and its number that of another stream': `update zendesk_sync.fetches
    set stream = 'audit_logs', mark = gen_random_uuid() where id = $1`,
};

describe('a page of a fetch that', () => {
  for (const [what, statement] of Object.entries(changes))
    it(`${what} is not stored, also when it is the last`, async () => {
      await withLedger(async (db) => {
        const lease = await takeLease(db, accessLogs);
        const store = { db, ensurePartitions: createPartitionKeeper(db) };
        const { fetch: opened } = await openFetch(db, lease, {
          kind: 'backfill',
          span,
          pageSize: 2500,
        });
        const page = { pageSize: 2500, askedAt: 5000, covered: [] } as const;
        const put = (stored: Pick<StoredPage, 'fetch'>, id: number, end: PageToStore['end']) =>
          storePage(store, lease, accessLogs, {
            ...page,
            fetch: stored.fetch,
            rows: rows(`r${id}`, 1000 + id),
            end,
          });
        const first = await put({ fetch: opened }, 1, { kind: 'more', nextCursor: 'c1' });
        const second = await put(first, 2, { kind: 'more', nextCursor: 'c2' });
        await db.query(statement, [opened.fetch]);
        const before = await look(db);
        await assert.rejects(put(second, 3, { kind: 'more', nextCursor: 'c3' }), changed);
        await assert.rejects(put(second, 3, complete), changed);
        assert.deepEqual(await look(db), before);
      });
    });
});

describe('a fetch whose number now belongs to another one', () => {
  it('is neither ended nor continued nor set back to its start', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 });
      await db.query('update zendesk_sync.fetches set mark = gen_random_uuid()');
      const before = await look(db);
      await assert.rejects(closeFetch(db, lease, fetch, 'abandoned'), changed);
      await assert.rejects(reopenFetch(db, lease, fetch), changed);
      await assert.rejects(restartFetch(db, lease, fetch), changed);
      assert.deepEqual(await look(db), before);
    });
  });

  it('continues from its state in the database, and stores no further page of its previous reader', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const store = { db, ensurePartitions: createPartitionKeeper(db) };
      const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 });
      const page = { fetch, pageSize: 2500, askedAt: 5000, covered: [], rows: [] } as const;
      const end = { kind: 'more', nextCursor: 'c1' } as const;
      await storePage(store, lease, accessLogs, { ...page, end });
      const { fetch: reopened } = await reopenFetch(db, lease, fetch);
      assert.deepEqual([reopened.pages, reopened.cursor], [1, 'c1']);
      await assert.rejects(storePage(store, lease, accessLogs, { ...page, end }), changed);
      const next = { ...page, fetch: reopened, end: complete };
      assert.equal((await storePage(store, lease, accessLogs, next)).fetch.pages, 2);
    });
  });
});

describe('a lease', () => {
  const losses = [
    ['that the database does not know', 'delete from zendesk_sync.leases', changed],
    ['of a greater token than its own', 'update zendesk_sync.leases set token = 0', changed],
    [
      'whose token somebody else has too',
      'update zendesk_sync.leases set mark = gen_random_uuid()',
      changed,
    ],
    [
      'that another process has taken over',
      'update zendesk_sync.leases set token = token + 1, mark = gen_random_uuid()',
      { code: 'lease_lost' },
    ],
  ] as const;
  for (const [what, statement, error] of losses)
    it(`${what} prevents every write: ${error.code}`, async () => {
      await withLedger(async (db) => {
        const lease = await takeLease(db, accessLogs);
        const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 });
        await db.query(statement);
        const before = await db.query('select * from zendesk_sync.leases');
        for (const use of [
          () => renewLease(db, lease, 60_000),
          () => db.transaction((tx) => checkLease(tx, lease)),
          () => db.transaction((tx) => advanceLease(tx, lease, 0)),
          () => openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 }),
          () => closeFetch(db, lease, fetch, 'abandoned'),
        ])
          await assert.rejects(use(), error);
        await releaseLease(db, lease);
        assert.deepEqual(await db.query('select * from zendesk_sync.leases'), before);
      });
    });

  it('that two processes hold with the same token in two histories stores nothing of the lost history', async () => {
    await withLedger(async (db) => {
      const lost = await takeLease(db, accessLogs, 'lost');
      // What the first one did is undone.
      await db.query('update zendesk_sync.leases set token = 0, expires_at = now()');
      const present = await acquireLease(db, key, 'present', 60_000);
      assert.ok('token' in present && present.token === lost.token);
      await assert.rejects(
        openFetch(db, lost, { kind: 'backfill', span, pageSize: 2500 }),
        changed,
      );
      await openFetch(db, present, { kind: 'backfill', span, pageSize: 2500 });
    });
  });

  it('of a listing stores a page only if those before it are stored, and again if the answer to its COMMIT was lost', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const advance = (steps: number): Promise<void> =>
        db.transaction((tx) => advanceLease(tx, lease, steps));
      await advance(0);
      await advance(0);
      await advance(1);
      await assert.rejects(advance(3), changed);
      await db.query('update zendesk_sync.leases set steps = 1');
      await assert.rejects(advance(2), changed);
    });
  });
});

describe('a run', () => {
  it('is complete only in a database that has everything it stored', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const store = { db, ensurePartitions: createPartitionKeeper(db) };
      const run = await openRun(db, key, 'backfill', 'test');
      const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 });
      const stored = { fetches: [fetch], listing: { lease, steps: 1 } };
      const close = (): Promise<void> => closeRun(db, run, 'complete', nothing, undefined, stored);
      await assert.rejects(close(), changed, 'neither is stored');
      await db.transaction((tx) => advanceLease(tx, lease, 0));
      await assert.rejects(close(), changed, 'the fetch has no end');
      const page = { fetch, pageSize: 2500, askedAt: 5000, covered: [], rows: [], end: complete };
      await storePage(store, lease, accessLogs, page);
      await db.query('update zendesk_sync.fetches set mark = gen_random_uuid()');
      await assert.rejects(close(), changed, 'it is another fetch');
      await db.query('update zendesk_sync.fetches set mark = $1::uuid', [fetch.mark]);
      assert.equal(await areRecorded(db, key.account, [run]), false);
      await close();
      assert.equal(await areRecorded(db, key.account, [run]), true);
      await db.query('update zendesk_sync.runs set mark = gen_random_uuid()');
      assert.equal(await areRecorded(db, key.account, [run]), false);
      assert.equal(await areRecorded(db, key.account, []), true);
    });
  });

  it('that the database has lost is recorded again when it has failed, and nothing is written into another run with its number', async () => {
    await withLedger(async (db) => {
      const run = await openRun(db, key, 'live', 'test');
      await db.query(`update zendesk_sync.runs set task = 'backfill', mark = gen_random_uuid()`);
      const failure = { code: 'history_changed', error: 'The database went back.' } as const;
      await assert.rejects(closeRun(db, run, 'complete', nothing, undefined), changed);
      await closeRun(db, run, 'failed', { ...nothing, requests: 3 }, failure);
      assert.deepEqual(
        await db.query(
          `select task, holder, outcome, error_code, error, requests, started_at <= ended_at as ended
           from zendesk_sync.runs order by id`,
        ),
        [
          {
            task: 'backfill',
            holder: 'test',
            outcome: null,
            error_code: null,
            error: null,
            requests: 0,
            ended: null,
          },
          {
            task: 'live',
            holder: 'test',
            outcome: 'failed',
            error_code: 'history_changed',
            error: 'The database went back.',
            requests: 3,
            ended: true,
          },
        ],
      );
    });
  });
});
