/** Two writers of the ledger at the same moment, in an order that the test decides. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fillLog } from '../../src/ingest/fill.ts';
import { addCoverage, addRescan, loadCoverage, loadRescans } from '../../src/ingest/coverage.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { withdrawFuture, withdrawFutureRescans } from '../../src/ingest/future.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { settleLosses } from '../../src/ingest/losses.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageEnd, StoredPage } from '../../src/ingest/page-to-store.ts';
import type { Pull } from '../../src/ingest/pull.ts';
import { countSuspects } from '../../src/ingest/row-counts.ts';
import { createTally } from '../../src/ingest/run.ts';
import { createMemory } from '../../src/ingest/rows/returns.ts';
import { subtract, type Span } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withBarrier } from '../support/barrier.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';
import { withClient } from '../support/query.ts';

const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };
const key = { account, stream: 'access_logs' };
const day = 86_400;
const now = Math.floor(Date.now() / 1000);
const age = 3600;

type Reading = { readonly span: Span; readonly ids: readonly string[]; readonly end: PageEnd };

/** Stores the first page of a fetch, one record a second from the beginning of its span. */
async function readPage(
  { db, engine }: Installation,
  lease: Lease,
  { span, ids, end }: Reading,
): Promise<StoredPage> {
  const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 100 });
  const records = ids.map((id, index) => ({
    id,
    timestamp: new Date((span.from + index) * 1000).toISOString(),
  }));
  const rows = readRecords(accessLogs, engine.classify, records);
  return storePage(engine, lease, accessLogs, {
    fetch,
    rows,
    pageSize: 100,
    askedAt: now,
    covered: [],
    end,
  });
}

function complete(span: Span): PageEnd {
  return { kind: 'complete', coverage: [span], rescans: [{ ageSeconds: age, span }] };
}

function pullOf({ engine }: Installation, lease: Lease): Pull {
  const { signal } = new AbortController();
  const memory = createMemory(accessLogs.table.time);
  return { engine, stream: accessLogs, lease, tally: createTally(), ...memory, signal };
}

describe('coverage that is withdrawn from the future', () => {
  const span = { from: now - 10 * day, to: now - 5 * day };
  const next = { from: now - 6 * day, to: now - 4 * day };

  it('is joined with the span that a cursor ends at the same moment: coverage', async () => {
    await withInstallation(empty, {}, async (installation) => {
      const { db, url } = installation;
      const lease = await takeLease(db, accessLogs);
      await readPage(installation, lease, { span, ids: [], end: complete(span) });
      await addCoverage(db, key, { from: span.from, to: now + day });
      const coverage = await loadCoverage(db, key);
      await withBarrier(
        url,
        { before: 'insert', table: 'zendesk_sync.coverage' },
        async (barrier) => {
          const withdrawn = withdrawFuture(pullOf(installation, lease), coverage);
          await barrier.waiting(1);
          const read = readPage(installation, lease, { span: next, ids: [], end: complete(next) });
          await barrier.waiting(2);
          await barrier.open();
          await Promise.all([withdrawn, read]);
        },
      );
      assert.deepEqual(await loadCoverage(db, key), [{ from: span.from, to: next.to }]);
    });
  });

  it('is joined with the span that a cursor ends at the same moment: rescans', async () => {
    await withInstallation(empty, {}, async (installation) => {
      const { db, url } = installation;
      const lease = await takeLease(db, accessLogs);
      await readPage(installation, lease, { span, ids: [], end: complete(span) });
      await addRescan(db, key, age, { from: span.from, to: now + day });
      const rescans = await loadRescans(db, key);
      await withBarrier(
        url,
        { before: 'insert', table: 'zendesk_sync.rescans' },
        async (barrier) => {
          const withdrawn = withdrawFutureRescans(pullOf(installation, lease), rescans);
          await barrier.waiting(1);
          const read = readPage(installation, lease, { span: next, ids: [], end: complete(next) });
          await barrier.waiting(2);
          await barrier.open();
          await Promise.all([withdrawn, read]);
        },
      );
      const after = await loadRescans(db, key);
      assert.deepEqual(after.get(age), [{ from: span.from, to: next.to }]);
    });
  });
});

describe('an age that is new to the settings', () => {
  it('is not begun by a process that has lost its lease', async () => {
    await withInstallation(empty, { rescanAges: [age] }, async (installation) => {
      const { db } = installation;
      const lease = await takeLease(db, accessLogs);
      await addCoverage(db, key, { from: now - 10 * day, to: now - 5 * day });
      await db.query(`update zendesk_sync.leases set token = token + 1, mark = gen_random_uuid()`);
      await assert.rejects(fillLog(pullOf(installation, lease), 'gaps'), { code: 'lease_lost' });
      assert.deepEqual(await loadRescans(db, key), new Map());
    });
  });
});

describe('missing rows', () => {
  const span = { from: Date.parse('2026-10-10T00:00:00Z') / 1000, to: now - day };
  // So many that a page with only stored rows is compared.
  const ids = Array.from({ length: 600 }, (_, index) => String(index).padStart(4, '0'));
  const partition = 'zendesk_partitions.access_logs_2026_10';

  /** A log with some rows, and what the test does after they were stored. */
  async function withRows(
    work: (installation: Installation, lease: Lease) => Promise<void>,
  ): Promise<void> {
    await withInstallation(empty, {}, async (installation) => {
      const lease = await takeLease(installation.db, accessLogs);
      await readPage(installation, lease, { span, ids, end: complete(span) });
      await countSuspects(installation.db, key, accessLogs.table);
      await work(installation, lease);
    });
  }

  async function assertLostOnce({ db }: Installation, code: string): Promise<void> {
    assert.deepEqual(
      await db.query('select code, rows::integer from zendesk_sync.coverage_losses'),
      [{ code, rows: 600 }],
    );
    const [counted] = await db.query(
      'select coalesce(sum(rows), 0)::integer as rows from zendesk_sync.stored_rows',
    );
    assert.deepEqual(counted, { rows: 0 });
  }

  it('are counted as lost once when two processes count them at the same moment', async () => {
    await withRows(async (installation) => {
      const { db, url } = installation;
      await withClient(url, async (query) => {
        await query('set session_replication_role = replica');
        await query(`truncate ${partition}`);
      });
      const count = (): Promise<void> => countSuspects(db, key, accessLogs.table);
      await withBarrier(
        url,
        { before: 'insert', table: 'zendesk_sync.stored_rows' },
        async (barrier) => {
          const one = count();
          await barrier.waiting(1);
          const other = count();
          await barrier.waiting(2);
          await barrier.open();
          await Promise.all([one, other]);
        },
      );
      await assertLostOnce(installation, 'rows_missing');
    });
  });

  it('are counted as lost once when one process finds the partition missing, and another one counts a new one', async () => {
    await withRows(async (installation) => {
      const { db, url } = installation;
      await db.query(`drop table ${partition}`);
      await withBarrier(
        url,
        { before: 'insert', table: 'zendesk_sync.stored_rows' },
        async (barrier) => {
          const noted = db.query('select zendesk_sync.note_missing_partitions($1)', [
            accessLogs.table.name,
          ]);
          await barrier.waiting(1);
          await db.query(
            `create table ${partition} partition of zendesk.access_logs
             for values from ('2026-10-01 00:00Z') to ('2026-11-01 00:00Z')`,
          );
          const counted = countSuspects(db, key, accessLogs.table);
          await barrier.waiting(2);
          await barrier.open();
          await Promise.all([noted, counted]);
        },
      );
      await assertLostOnce(installation, 'partition_dropped');
    });
  });

  it('are not covered by a fetch that was opened while the transaction that deletes them was open', async () => {
    await withRows(async (installation, lease) => {
      const { db, engine, url } = installation;
      const first = await withClient(url, async (query) => {
        await query('begin');
        await query(`delete from zendesk.access_logs where id = '0007'`);
        const read = await readPage(installation, lease, {
          span,
          ids,
          end: { kind: 'more', nextCursor: 'c1' },
        });
        await query('commit');
        return read;
      });
      assert.deepEqual(first.counts, { new: 0, changed: 0, late: 0 });
      await settleLosses({ engine, stream: accessLogs });
      await storePage(engine, lease, accessLogs, {
        fetch: first.fetch,
        rows: [],
        pageSize: 100,
        askedAt: now,
        covered: [],
        end: complete(span),
      });
      const lost = { from: span.from + 7, to: span.from + 8 };
      assert.deepEqual(await loadCoverage(db, key), subtract([span], [lost]));
    });
  });
});
