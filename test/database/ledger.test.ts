import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { updateBudget } from '../../src/ingest/budget-gate.ts';
import {
  addCoverage,
  addRescan,
  loadCoverage,
  loadRescans,
  withdrawCoverage,
} from '../../src/ingest/coverage.ts';
import { closeFetch, loadResumable, openFetch, restartFetch } from '../../src/ingest/fetch.ts';
import {
  acquireLease,
  checkLease,
  createAbandonedWork,
  releaseLease,
  renewLease,
} from '../../src/ingest/lease.ts';
import { closeRun, openRun } from '../../src/ingest/run-record.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageToStore } from '../../src/ingest/page-to-store.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { users } from '../../src/streams/users.ts';
import { normalizeSpans, subtract } from '../../src/span.ts';
import { pauseBudget, spendRequests } from '../../src/ingest/budget.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { storeRecords, usualClassify } from '../support/stored-records.ts';

const key = { account: 'acme', stream: 'access_logs' };

describe('the coverage in Postgres', () => {
  it('is always the union of the spans added, as the algebra says', async () => {
    await withLedger(async (db) => {
      const span = fc
        .tuple(fc.nat(100), fc.integer({ min: 1, max: 30 }))
        .map(([from, length]) => ({ from, to: from + length }));
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(span, { minLength: 1, maxLength: 10 }), async (spans) => {
          const own = { account: `run-${(run += 1)}`, stream: 'access_logs' };
          for (const added of spans) await addCoverage(db, own, added);
          assert.deepEqual(await loadCoverage(db, own), normalizeSpans(spans));
        }),
        { numRuns: 40 },
      );
    });
  });

  it('and rescans lose exactly the withdrawn span', async () => {
    await withLedger(async (db) => {
      const span = fc
        .tuple(fc.nat(100), fc.integer({ min: 1, max: 30 }))
        .map(([from, length]) => ({ from, to: from + length }));
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(span, { maxLength: 8 }), span, async (spans, lost) => {
          const own = { account: `run-${(run += 1)}`, stream: 'access_logs' };
          const neighbour = { account: own.account, stream: 'audit_logs' };
          for (const added of spans) {
            await addCoverage(db, own, added);
            await addCoverage(db, neighbour, added);
            await addRescan(db, own, 3600, added);
          }
          await withdrawCoverage(db, own, lost);
          const left = subtract(normalizeSpans(spans), [lost]);
          assert.deepEqual(await loadCoverage(db, own), left);
          assert.deepEqual((await loadRescans(db, own)).get(3600) ?? [], left);
          assert.deepEqual(await loadCoverage(db, neighbour), normalizeSpans(spans));
        }),
        { numRuns: 40 },
      );
    });
  });
});

describe('a stream', () => {
  it('is in the ledger as the program describes it, also after it has changed', async () => {
    await withLedger(async (db) => {
      const look = (): Promise<unknown[]> =>
        db.query('select stream, kind, retention_days from zendesk_sync.streams order by stream');
      await registerStream(db, 'acme', users);
      await registerStream(db, 'acme', { ...accessLogs, retentionDays: 30 });
      const people = { stream: 'users', kind: 'listing', retention_days: null };
      assert.deepEqual(await look(), [
        { stream: 'access_logs', kind: 'log', retention_days: 30 },
        people,
      ]);
      await registerStream(db, 'acme', accessLogs);
      assert.deepEqual(await look(), [
        { stream: 'access_logs', kind: 'log', retention_days: 90 },
        people,
      ]);
    });
  });
});

describe('a lease', () => {
  it('is held by one process, taken over when it has expired, and its token grows', async () => {
    await withLedger(async (db) => {
      const first = await acquireLease(db, key, 'first', 110_000);
      assert.ok('token' in first);
      assert.deepEqual(first, { ...key, holder: 'first', token: '1', mark: first.mark });
      const refused = await acquireLease(db, key, 'second', 60_000);
      assert.ok(
        'expiresInMs' in refused && refused.holder === 'first' && refused.expiresInMs > 50_000,
      );
      await db.query(`update zendesk_sync.leases set expires_at = now() - interval '1 second'`);
      const second = await acquireLease(db, key, 'second', 60_000);
      assert.ok('token' in second && second.mark !== first.mark);
      assert.deepEqual([second.holder, second.token], ['second', '2']);
    });
  });

  it('can be taken when it lasts longer than any process requests: the clock was set back since', async () => {
    await withLedger(async (db) => {
      const former = await takeLease(db, accessLogs, 'gone');
      await db.query(
        `update zendesk_sync.leases set expires_at = clock_timestamp() + interval '1 hour'`,
      );
      const answer = await acquireLease(db, former, 'next', 15_000);
      assert.ok('token' in answer && BigInt(answer.token) > BigInt(former.token));
    });
  });

  it('that was taken over can neither be renewed nor released by its previous holder, nor store a page', async () => {
    await withLedger(async (db) => {
      const former = await takeLease(db, accessLogs);
      await db.query(`update zendesk_sync.leases set expires_at = now()`);
      const present = await acquireLease(db, key, 'second', 60_000);
      assert.ok('token' in present);
      await assert.rejects(renewLease(db, former, 60_000), { code: 'lease_lost' });
      await assert.rejects(
        db.transaction((tx) => checkLease(tx, former)),
        {
          code: 'lease_lost',
          message:
            'Another process has taken over access_logs of acme; this process stored nothing of the current page.',
        },
      );
      await releaseLease(db, former);
      await db.transaction((tx) => checkLease(tx, present));
      assert.ok('expiresInMs' in (await acquireLease(db, key, 'third', 60_000)));
    });
  });

  it('that nobody holds shows abandoned work: a run without an end, or one that was interrupted', async () => {
    await withLedger(async (db) => {
      const none = { requests: 0, new: 0, changed: 0, late: 0 };
      const abandoned = async (): Promise<boolean> => {
        const work = createAbandonedWork(db);
        assert.equal(await work.includes({ ...key, stream: 'audit_logs' }), false);
        assert.equal(await work.includes({ ...key, account: 'beta' }), false);
        return work.includes(key);
      };
      assert.equal(await abandoned(), false, 'nothing was ever begun');
      const lease = await takeLease(db, accessLogs);
      const live = await openRun(db, key, 'live', 'test');
      const backfill = await openRun(db, key, 'backfill', 'test');
      await closeRun(db, live, 'complete', none, undefined);
      assert.equal(await abandoned(), false, 'somebody is at it');
      await releaseLease(db, lease);
      assert.equal(await abandoned(), true, 'the backfill has no end');
      await closeRun(db, backfill, 'interrupted', none, { code: 'stopped', error: 'stopped' });
      assert.equal(await abandoned(), true, 'the backfill was interrupted');
      const next = await openRun(db, key, 'backfill', 'test');
      await closeRun(db, next, 'failed', none, { code: 'database_refused', error: 'refused' });
      assert.equal(await abandoned(), false, 'the next tick tries again');
    });
  });

  it('cannot be taken over while a page of its holder is being stored', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const order: string[] = [];
      let taking: Promise<unknown> = Promise.resolve();
      await db.transaction(async (tx) => {
        await checkLease(tx, lease);
        await db.query(`select 1`);
        await tx.query(`select 1`);
        taking = db
          .query(`update zendesk_sync.leases set token = token + 1 where account = 'acme'`)
          .then(() => order.push('taken over'));
        await tx.query(`select pg_sleep(0.2)`);
        order.push('page stored');
      });
      await taking;
      assert.deepEqual(order, ['page stored', 'taken over']);
    });
  });
});

describe('the budget in Postgres', () => {
  it('grants exactly the limit to any number of concurrent callers', async () => {
    await withLedger(async (db) => {
      const decisions = await Promise.all(
        Array.from({ length: 80 }, () =>
          updateBudget(db, 'acme', 'access_logs', (state, nowMs) => {
            const made = spendRequests(state, nowMs, 50, 0);
            return { state: made.granted > 0 ? made.state : undefined, result: made.granted };
          }),
        ),
      );
      assert.equal(decisions.filter(Boolean).length, 50);
    });
  });

  it('keeps a pause and its reason for every process', async () => {
    await withLedger(async (db) => {
      const untilMs = await updateBudget(db, 'acme', 'support', (state, nowMs) => ({
        state: pauseBudget(state, nowMs + 30_000),
        result: nowMs + 30_000,
        reason: '429',
      }));
      const toldMs = await updateBudget(db, 'acme', 'support', (state, nowMs) => {
        const made = spendRequests(state, nowMs, 100, 0);
        return { state: undefined, result: made.granted > 0 ? 0 : nowMs + made.waitMs };
      });
      assert.ok(Math.abs(toldMs - untilMs) < 1, `${toldMs} is not ${untilMs}`);
      assert.deepEqual(await db.query('select pause_reason from zendesk_sync.budgets'), [
        { pause_reason: '429' },
      ]);
    });
  });
});

/** A record of the access log; the second says when. */
const record = (id: string, second: number, more = {}): object => ({
  id,
  timestamp: new Date(second * 1000).toISOString(),
  url: '/api/v2/tickets/1',
  method: 'GET',
  status: 200,
  ...more,
});
const read = (...records: object[]): PageToStore['rows'] =>
  readRecords(accessLogs, usualClassify, records);

describe('a page', () => {
  it('is stored with cursor and, at the end, coverage: all or nothing', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const store = { db, ensurePartitions: createPartitionKeeper(db) };
      await storeRecords(db, accessLogs, [record('a', 1001), record('d', 1101)]);
      const { fetch } = await openFetch(db, lease, {
        kind: 'backfill',
        span: { from: 1000, to: 2000 },
        pageSize: 2500,
      });
      // One that has changed, one that is new, and one that is new in covered time.
      const page = {
        fetch,
        rows: read(record('a', 1001, { status: 404 }), record('b', 1002), record('c', 1003)),
        pageSize: 2500,
        askedAt: 5000,
        covered: [
          { from: 1003, to: 1004 },
          { from: 1103, to: 1104 },
        ],
        end: { kind: 'more', nextCursor: 'c1' },
      } as const;
      const first = await storePage(store, lease, accessLogs, page);
      assert.deepEqual(first.counts, { new: 2, changed: 1, late: 1 });
      assert.deepEqual(await loadCoverage(db, key), []);
      assert.deepEqual(
        (await loadResumable(db, key)).map(({ cursor, pages, seen }) => ({ cursor, pages, seen })),
        [{ cursor: 'c1', pages: 1, seen: 3 }],
      );
      const end = {
        kind: 'complete',
        coverage: [{ from: 1000, to: 2000 }],
        rescans: [{ ageSeconds: 3600, span: { from: 1000, to: 1400 } }],
      } as const;
      const rows = read(record('d', 1101, { status: 404 }), record('e', 1102), record('f', 1103));
      const last = { ...page, fetch: first.fetch, rows, end };
      const refused = rows.map((each) => ({ ...each, row: { ...each.row, status: 40_000 } }));
      await assert.rejects(storePage(store, lease, accessLogs, { ...last, rows: refused }), {
        sqlState: '22003',
      });
      assert.deepEqual(await loadCoverage(db, key), []);
      assert.deepEqual(await db.query('select count(*)::integer from zendesk.access_logs'), [
        { count: 4 },
      ]);
      await storePage(store, lease, accessLogs, last);
      assert.deepEqual(await loadCoverage(db, key), end.coverage);
      assert.deepEqual(await loadResumable(db, key), []);
      assert.deepEqual(
        await db.query(
          `select kind, pages, rows_seen, rows_new, rows_changed, rows_late, outcome, cursor, ended_at is not null as ended
           from zendesk_sync.fetches`,
        ),
        [
          {
            kind: 'backfill',
            pages: 2,
            rows_seen: '6',
            rows_new: '4',
            rows_changed: '2',
            rows_late: '2',
            outcome: 'complete',
            cursor: null,
            ended: true,
          },
        ],
      );
    });
  });

  it('is not counted twice when the answer to its COMMIT was lost and it is stored again', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const store = { db, ensurePartitions: createPartitionKeeper(db) };
      await storeRecords(db, accessLogs, [record('c', 1003)]);
      const { fetch } = await openFetch(db, lease, {
        kind: 'backfill',
        span: { from: 1000, to: 2000 },
        pageSize: 2500,
      });
      const page = {
        fetch,
        rows: read(record('a', 1001), record('b', 1002), record('c', 1003, { status: 404 })),
        pageSize: 2500,
        askedAt: 5000,
        covered: [],
        end: { kind: 'more', nextCursor: 'c1' },
      } as const;
      const once = await storePage(store, lease, accessLogs, page);
      assert.deepEqual(once.counts, { new: 2, changed: 1, late: 0 });
      assert.deepEqual(await storePage(store, lease, accessLogs, page), once);
    });
  });
});

describe('a fetch in the ledger', () => {
  it('that failed can be resumed at its cursor, unless the cursor was the cause', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const { fetch } = await openFetch(db, lease, {
        kind: 'backfill',
        span: { from: 1000, to: 2000 },
        pageSize: 2500,
      });
      await storePage({ db, ensurePartitions: createPartitionKeeper(db) }, lease, accessLogs, {
        fetch,
        rows: [],
        pageSize: 1250,
        askedAt: 5000,
        covered: [],
        end: { kind: 'more', nextCursor: 'c1' },
      });
      await closeFetch(db, lease, fetch, 'failed', { error: 'no answer', resumable: true });
      const [resumable] = await loadResumable(db, key);
      assert.equal(resumable?.cursor, 'c1');
      assert.equal(resumable?.pageSize, 1250);
      assert.equal(resumable?.askedAt, 5000);
      const restarted = await restartFetch(db, lease, fetch);
      assert.equal(restarted.cursor, undefined);
      assert.equal(restarted.askedAt, undefined);
      assert.equal(restarted.restarted, true);
      await closeFetch(db, lease, fetch, 'failed', { error: 'cursor refused again' });
      assert.deepEqual(await loadResumable(db, key), []);
    });
  });
});
