import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LeaseLostError } from '../../src/errors.ts';
import { updateBudget } from '../../src/database/budgets.ts';
import { addCoverage, loadCoverage } from '../../src/database/coverage.ts';
import { closeFetch, loadResumable, openFetch, restartFetch } from '../../src/database/fetches.ts';
import {
  acquireLease,
  checkLease,
  listAbandoned,
  releaseLease,
  renewLease,
} from '../../src/database/leases.ts';
import { closeRun, openRun } from '../../src/database/runs.ts';
import { storePage } from '../../src/database/pages.ts';
import { normalizeSpans } from '../../src/span.ts';
import { pauseBudget, spendRequests } from '../../src/ingest/budget.ts';
import { takeLease, withLedger } from '../support/ledger.ts';

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
});

describe('a lease', () => {
  it('is held by one process, taken over when it has expired, and its token grows', async () => {
    await withLedger(async (db) => {
      const first = await acquireLease(db, key, 'first', 60_000);
      assert.deepEqual(first, { ...key, holder: 'first', token: '1' });
      const refused = await acquireLease(db, key, 'second', 60_000);
      assert.ok(
        'expiresInMs' in refused && refused.holder === 'first' && refused.expiresInMs > 50_000,
      );
      await db.query(`update zendesk_sync.leases set expires_at = now() - interval '1 second'`);
      assert.deepEqual(await acquireLease(db, key, 'second', 60_000), {
        ...key,
        holder: 'second',
        token: '2',
      });
    });
  });

  it('that was taken over can neither be renewed nor released by its former holder, nor store a page', async () => {
    await withLedger(async (db) => {
      const former = await takeLease(db, 'access_logs');
      await db.query(`update zendesk_sync.leases set expires_at = now()`);
      const present = await acquireLease(db, key, 'second', 60_000);
      assert.ok('token' in present);
      await assert.rejects(renewLease(db, former, 60_000), LeaseLostError);
      await assert.rejects(
        db.transaction((tx) => checkLease(tx, former)),
        {
          name: 'LeaseLostError',
          message:
            'Another process has taken over access_logs of acme; nothing of the current page was stored here.',
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
        const found = await listAbandoned(db);
        assert.ok(found.length < 2);
        return found.some(
          ({ account, stream }) => account === key.account && stream === key.stream,
        );
      };
      assert.equal(await abandoned(), false, 'nothing was ever begun');
      const lease = await takeLease(db, 'access_logs');
      const live = await openRun(db, key, 'live', 'test');
      const backfill = await openRun(db, key, 'backfill', 'test');
      await closeRun(db, live, 'complete', none, undefined);
      assert.equal(await abandoned(), false, 'somebody is at it');
      await releaseLease(db, lease);
      assert.equal(await abandoned(), true, 'the backfill has no end');
      await closeRun(db, backfill, 'interrupted', none, 'stopped');
      assert.equal(await abandoned(), true, 'the backfill was interrupted');
      const next = await openRun(db, key, 'backfill', 'test');
      await closeRun(db, next, 'failed', none, 'refused');
      assert.equal(await abandoned(), false, 'the next tick tries again');
    });
  });

  it('cannot be taken over while a page of its holder is being stored', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, 'access_logs');
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
  it('grants exactly the limit to any number of concurrent askers', async () => {
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

describe('a page in the ledger', () => {
  it('is stored with cursor and, at the end, coverage: all or nothing', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, 'access_logs');
      const fetch = await openFetch(db, lease, 'backfill', { from: 1000, to: 2000 }, 2500);
      const page = {
        fetch,
        rows: [],
        seen: 3,
        pageSize: 2500,
        nextCursor: 'c1',
        askedAt: 5000,
        covered: [],
        splits: false,
      };
      const write = async (): Promise<{ new: number; changed: number; late: number }> => ({
        new: 2,
        changed: 1,
        late: 1,
      });
      const first = await storePage(db, lease, write, { ...page, completes: undefined });
      assert.deepEqual(await loadCoverage(db, key), []);
      assert.deepEqual(
        (await loadResumable(db, key)).map(({ cursor, pages, seen }) => ({ cursor, pages, seen })),
        [{ cursor: 'c1', pages: 1, seen: 3 }],
      );
      const completes = {
        coverage: [{ from: 1000, to: 2000 }],
        rescans: [{ ageSeconds: 3600, span: { from: 1000, to: 1400 } }],
      };
      const last = { ...page, fetch: first.fetch, nextCursor: undefined, completes };
      await assert.rejects(
        storePage(db, lease, () => Promise.reject(new Error('rows refused')), last),
        { message: 'rows refused' },
      );
      assert.deepEqual(await loadCoverage(db, key), []);
      await storePage(db, lease, write, last);
      assert.deepEqual(await loadCoverage(db, key), completes.coverage);
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
      const lease = await takeLease(db, 'access_logs');
      const fetch = await openFetch(db, lease, 'backfill', { from: 1000, to: 2000 }, 2500);
      const page = {
        fetch,
        rows: [],
        seen: 3,
        pageSize: 2500,
        nextCursor: 'c1',
        askedAt: 5000,
        covered: [],
        completes: undefined,
        splits: false,
      };
      const once = await storePage(db, lease, async () => ({ new: 3, changed: 0, late: 0 }), page);
      const again = await storePage(db, lease, async () => ({ new: 0, changed: 0, late: 0 }), page);
      assert.deepEqual(again.fetch, once.fetch);
    });
  });
});

describe('a fetch in the ledger', () => {
  it('that failed can be resumed at its cursor, unless its cursor was the fault', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, 'access_logs');
      const fetch = await openFetch(db, lease, 'backfill', { from: 1000, to: 2000 }, 2500);
      await storePage(db, lease, async () => ({ new: 0, changed: 0, late: 0 }), {
        fetch,
        rows: [],
        seen: 0,
        pageSize: 1250,
        nextCursor: 'c1',
        askedAt: 5000,
        covered: [],
        completes: undefined,
        splits: false,
      });
      await closeFetch(db, lease, fetch.fetch, 'failed', { error: 'no answer', resumable: true });
      const [resumable] = await loadResumable(db, key);
      assert.equal(resumable?.cursor, 'c1');
      assert.equal(resumable?.pageSize, 1250);
      assert.equal(resumable?.askedAt, 5000);
      const restarted = await restartFetch(db, lease, fetch.fetch);
      assert.equal(restarted.cursor, undefined);
      assert.equal(restarted.askedAt, undefined);
      assert.equal(restarted.restarted, true);
      await closeFetch(db, lease, fetch.fetch, 'failed', { error: 'cursor refused again' });
      assert.deepEqual(await loadResumable(db, key), []);
    });
  });
});
