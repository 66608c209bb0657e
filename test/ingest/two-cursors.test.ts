/** Two cursors of one process that store at the same moment, in an order that the test decides. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { acquireLease, type Lease } from '../../src/ingest/lease.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageToStore } from '../../src/ingest/page-to-store.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import type { Span } from '../../src/span.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withBarrier } from '../support/barrier.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { listFetches } from '../support/ledger-facts.ts';

const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };
const key = { account, stream: 'audit_logs' };
const noon = Date.parse('2026-10-05T12:00:00Z') / 1000;
const midnight = noon + 43_200;

async function takeLease({ db }: Installation): Promise<Lease> {
  await registerStream(db, account, auditLogs);
  const lease = await acquireLease(db, key, 'test', 60_000);
  assert.ok('token' in lease);
  return lease;
}

/** The only page of a span: one record a second, each with its own id. */
async function onlyPage({ db, engine }: Installation, lease: Lease, span: Span) {
  const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 100 });
  const records = Array.from({ length: span.to - span.from }, (_, index) => ({
    id: span.from + index,
    created_at: new Date((span.from + index) * 1000).toISOString(),
    action: 'update',
  }));
  const end = {
    kind: 'complete',
    coverage: [span],
    rescans: [{ ageSeconds: 3600, span }],
  } as const;
  const rows = readRecords(auditLogs, engine.classify, records);
  const page: PageToStore = { fetch, rows, pageSize: 100, askedAt: span.to, covered: [], end };
  return page;
}

describe('two cursors that end neighbouring spans at the same moment', () => {
  for (const table of ['coverage', 'rescans'])
    it(`join them to one: ${table}`, async () => {
      await withInstallation(empty, {}, async (installation) => {
        const { db, engine, url } = installation;
        const lease = await takeLease(installation);
        // On two days: the marks for the rollups of one day would keep the cursors apart.
        const [from, to] = [midnight - 10, midnight + 10];
        const first = await onlyPage(installation, lease, { from, to: midnight });
        const second = await onlyPage(installation, lease, { from: midnight, to });
        const place = { before: 'insert', table: `zendesk_sync.${table}` } as const;
        await withBarrier(url, place, async (barrier) => {
          const one = storePage(engine, lease, auditLogs, first);
          await barrier.waiting(1);
          const other = storePage(engine, lease, auditLogs, second);
          await barrier.waiting(2);
          await barrier.open();
          await Promise.all([one, other]);
        });
        const spans = await db.query(
          `select extract(epoch from covered_from)::float8 as from, extract(epoch from covered_until)::float8 as to
           from zendesk_sync.${table}`,
        );
        assert.deepEqual(spans, [{ from, to }]);
      });
    });
});

describe('two cursors that store the same new rows at the same moment', () => {
  it('store each row once: the second one checks again and adds what is new', async () => {
    await withInstallation(empty, {}, async (installation) => {
      const { db, engine, url } = installation;
      const lease = await takeLease(installation);
      // Long enough for COPY.
      const first = await onlyPage(installation, lease, { from: noon, to: noon + 600 });
      const second = await onlyPage(installation, lease, { from: noon, to: noon + 610 });
      const place = { before: 'update', table: 'zendesk_sync.fetches' } as const;
      await withBarrier(url, place, async (barrier) => {
        const one = storePage(engine, lease, auditLogs, first);
        await barrier.waiting(1);
        const other = storePage(engine, lease, auditLogs, second);
        await barrier.waiting(2);
        await barrier.open();
        assert.deepEqual((await one).counts, { new: 600, changed: 0, late: 0 });
        assert.deepEqual((await other).counts, { new: 10, changed: 0, late: 0 });
      });
      const [stored] = await db.query(
        `select count(*)::integer as rows, count(distinct id)::integer as ids from zendesk.audit_logs`,
      );
      assert.deepEqual(stored, { rows: 610, ids: 610 });
      assert.deepEqual(
        (await listFetches(db, 'audit_logs')).map(({ outcome, seen, new: fresh }) => ({
          outcome,
          seen,
          fresh,
        })),
        [
          { outcome: 'complete', seen: 600, fresh: 600 },
          { outcome: 'complete', seen: 610, fresh: 10 },
        ],
      );
      assert.deepEqual(await loadCoverage(db, key), [{ from: noon, to: noon + 610 }]);
    });
  });
});
