/** What a process is told whose lease or whose database is no longer what it was, and the whole record of a fetch. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { addCoverage } from '../../src/ingest/coverage.ts';
import {
  closeFetch,
  loadResumable,
  openFetch,
  reopenFetch,
  restartFetch,
  type Fetch,
} from '../../src/ingest/fetch.ts';
import {
  acquireLease,
  advanceLease,
  checkLease,
  createAbandonedWork,
  renewLease,
  type Lease,
} from '../../src/ingest/lease.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { takeLease, withLedger } from '../support/ledger.ts';

const key = { account: 'acme', stream: 'access_logs' };
const span = { from: 1000, to: 2000 };
const lost = {
  code: 'lease_lost',
  message:
    'Another process has taken over access_logs of acme; this process stored nothing of the current page.',
};
const changed = {
  code: 'history_changed',
  message:
    'The database no longer has something that was stored for access_logs of acme: it went back to an earlier state, for example after a failover to a replica that lacked the last transactions, or a restore. The program reads again what was lost.',
};

type Deed = readonly [
  name: string,
  deed: (db: Database, lease: Lease, fetch: Fetch) => Promise<unknown>,
];

/** Everything that a process does under its lease. */
const deeds: readonly Deed[] = [
  ['renews', (db, lease) => renewLease(db, lease, 60_000)],
  ['checks', (db, lease) => db.transaction((tx) => checkLease(tx, lease))],
  ['advances', (db, lease) => db.transaction((tx) => advanceLease(tx, lease, 0))],
  ['opens', (db, lease) => openFetch(db, lease, { kind: 'live', span, pageSize: 100 })],
  ['reopens', reopenFetch],
  ['restarts', restartFetch],
  ['closes', (db, lease, fetch) => closeFetch(db, lease, fetch, 'failed')],
];

describe('a lease', () => {
  for (const [name, deed] of deeds)
    it(`says whether another process took it, or the database went back: ${name}`, async () => {
      await withLedger(async (db) => {
        const lease = await takeLease(db, accessLogs);
        const { fetch } = await openFetch(db, lease, {
          kind: 'backfill',
          span,
          pageSize: 100,
        });
        await deed(db, lease, fetch);
        await db.query('update zendesk_sync.leases set mark = gen_random_uuid()');
        await assert.rejects(deed(db, lease, fetch), changed);
        await db.query('update zendesk_sync.leases set token = token + 1');
        await assert.rejects(deed(db, lease, fetch), lost);
        await db.query('update zendesk_sync.leases set token = token - 2');
        await assert.rejects(deed(db, lease, fetch), changed);
      });
    });

  it('counts the pages of a listing, also if one is stored again because its answer was lost', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const steps = async (): Promise<unknown> =>
        (await db.query<{ steps: number }>('select steps from zendesk_sync.leases'))[0]?.steps;
      const advance = (done: number): Promise<void> =>
        db.transaction((tx) => advanceLease(tx, lease, done));
      for (const done of [0, 0, 1, 2, 2]) await advance(done);
      assert.equal(await steps(), 3);
      await assert.rejects(advance(0), changed);
      await assert.rejects(advance(4), changed);
      assert.equal(await steps(), 3);
      await db.query('update zendesk_sync.leases set expires_at = clock_timestamp()');
      await acquireLease(db, key, 'next', 60_000);
      assert.equal(await steps(), 0);
    });
  });

  it('is suspected of a stalled COPY only when it has expired', async () => {
    await withLedger(async (db) => {
      let endings = 0;
      const listening: Database = {
        ...db,
        query: (text, values) => {
          if (text.includes('pg_terminate_backend')) endings += 1;
          return db.query(text, values);
        },
      };
      await takeLease(db, accessLogs, 'first');
      const held = await acquireLease(listening, key, 'second', 60_000);
      assert.ok('expiresInMs' in held && held.expiresInMs > 0);
      assert.equal(endings, 0);
      await db.query('update zendesk_sync.leases set expires_at = clock_timestamp()');
      await db.transaction(async (tx) => {
        await tx.query('select from zendesk_sync.leases for share');
        assert.deepEqual(await acquireLease(listening, key, 'second', 60_000), {
          holder: 'first',
          expiresInMs: 0,
        });
      });
      assert.equal(endings, 1);
    });
  });
});

describe('abandoned work', () => {
  it('is looked up once in a second, for all streams', async (test) => {
    let nowMs = 0;
    test.mock.method(performance, 'now', () => nowMs);
    await withLedger(async (db) => {
      let asked = 0;
      const counting: Database = {
        ...db,
        query: (text, values) => {
          asked += 1;
          return db.query(text, values);
        },
      };
      const work = createAbandonedWork(counting);
      await Promise.all(
        ['access_logs', 'audit_logs'].map((stream) => work.includes({ ...key, stream })),
      );
      nowMs = 1000;
      await work.includes(key);
      assert.equal(asked, 1);
      nowMs = 1001;
      await work.includes(key);
      assert.equal(asked, 2);
    });
  });
});

describe('a fetch', () => {
  it('is recorded with what was covered then, and is resumed, restarted and ended as one record', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      await addCoverage(db, key, { from: 10, to: 20 });
      await addCoverage(db, key, { from: 30, to: 40 });
      const { fetch, covered } = await openFetch(db, lease, {
        kind: 'rescan',
        span,
        pageSize: 100,
        rescanAgeSeconds: 3600,
      });
      assert.deepEqual(covered, [
        { from: 10, to: 20 },
        { from: 30, to: 40 },
      ]);
      assert.deepEqual(fetch, {
        fetch: fetch.fetch,
        kind: 'rescan',
        span,
        pageSize: 100,
        cursor: undefined,
        askedAt: undefined,
        pages: 0,
        seen: 0,
        new: 0,
        changed: 0,
        late: 0,
        restarted: false,
        rescanAgeSeconds: 3600,
        mark: fetch.mark,
      });
      assert.deepEqual(await loadResumable(db, key), [fetch]);
      await db.query(`update zendesk_sync.fetches set cursor = 'c1', asked_at = to_timestamp(5)`);
      const at = { ...fetch, cursor: 'c1', askedAt: 5 };
      await closeFetch(db, lease, fetch, 'failed', {
        code: 'walk_stuck',
        error: 'It went in a circle.',
        resumable: true,
        pageSize: 50,
      });
      const ended = async (): Promise<unknown> =>
        db.query(
          `select outcome, error, error_code as code, cursor, ended_at is not null as ended from zendesk_sync.fetches`,
        );
      assert.deepEqual(await ended(), [
        {
          outcome: 'failed',
          error: 'It went in a circle.',
          code: 'walk_stuck',
          cursor: 'c1',
          ended: true,
        },
      ]);
      assert.deepEqual(await loadResumable(db, key), [{ ...at, pageSize: 50 }]);

      const { fetch: again } = await reopenFetch(db, lease, fetch);
      assert.deepEqual(again, { ...at, pageSize: 50, mark: again.mark });
      assert.notEqual(again.mark, fetch.mark);
      assert.deepEqual(await ended(), [
        { outcome: null, error: null, code: null, cursor: 'c1', ended: false },
      ]);
      // Its former reader has no say any more.
      await assert.rejects(restartFetch(db, lease, fetch), {
        code: 'history_changed',
      });
      const restarted = await restartFetch(db, lease, again);
      assert.deepEqual(restarted, {
        ...again,
        cursor: undefined,
        askedAt: undefined,
        restarted: true,
      });

      await db.query(`update zendesk_sync.fetches set cursor = 'c2'`);
      await closeFetch(db, lease, again, 'abandoned');
      assert.deepEqual(await ended(), [
        {
          outcome: 'abandoned',
          error: null,
          code: null,
          cursor: null,
          ended: true,
        },
      ]);
      assert.deepEqual(await db.query('select page_size as size from zendesk_sync.fetches'), [
        { size: 50 },
      ]);
      assert.deepEqual(await loadResumable(db, key), []);
    });
  });

  it('without a cursor can be resumed only until it ends', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const open = (from: number): Promise<{ fetch: Fetch }> =>
        openFetch(db, lease, {
          kind: 'backfill',
          span: { from, to: 2000 },
          pageSize: 100,
        });
      const [later, earlier] = [await open(1500), await open(1000)];
      assert.deepEqual(
        (await loadResumable(db, key)).map(({ fetch }) => fetch),
        [earlier.fetch.fetch, later.fetch.fetch],
      );
      await closeFetch(db, lease, later.fetch, 'failed', { resumable: true });
      assert.deepEqual(await loadResumable(db, key), [earlier.fetch]);
    });
  });
});
