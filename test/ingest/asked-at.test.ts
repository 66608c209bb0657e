/** The moment that coverage counts from: that of the first request of a span, however long the others take. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage, loadRescans } from '../../src/ingest/coverage.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { fromSeconds } from '../../src/span.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const key = { account, stream: 'audit_logs' };
const settleSeconds = 300;
const hour = 3600;

describe('a span whose pages take long', () => {
  it('counts as covered up to SETTLE before its first page was requested', async () => {
    const time = createStillTime();
    const began = time.seconds();
    let passing = (): void => {};
    const report = (event: SyncEvent): void => {
      if (event.type === 'page') passing();
    };
    const settings = {
      ...time.simulator,
      accessLogRowsPerDay: 0,
      auditLogDays: 1,
      auditLogRowsPerDay: 10,
      burst: { stream: 'audit_logs', at: fromSeconds(began - 400), count: 450 },
    } as const;
    const options = { localNow: time.localNow, report, settleSeconds, rescanAges: [] };
    await withInstallation(settings, options, async (installation) => {
      const { db, worker } = installation;
      await time.pass(installation, 0);
      // Two minutes between one page and the second after it.
      let passed: Promise<void> | undefined;
      passing = () => void (passed = time.pass(installation, 120));
      const followed = await worker('audit_logs').follow(signal);
      await passed;
      assert.equal(followed.outcome, 'complete', followed.error);
      const [live] = await listFetches(db, 'audit_logs');
      assert.ok((live?.pages ?? 0) >= 4, `${live?.pages} pages`);
      assert.ok(time.seconds() >= began + 480);
      assert.equal(live?.askedAt, began);
      const [covered, ...others] = await loadCoverage(db, key);
      assert.deepEqual([covered?.to, others], [began - settleSeconds, []]);
    });
  });

  it('keeps that moment after a stop: what it counts as rescanned at an age had that age at its first page', async () => {
    const time = createStillTime();
    const began = time.seconds();
    let stop = new AbortController();
    let stops = false;
    const report = (event: SyncEvent): void => {
      if (stops && event.type === 'page' && event.task === 'backfill') stop.abort();
    };
    const settings = {
      ...time.simulator,
      accessLogRowsPerDay: 0,
      auditLogDays: 0.5,
      auditLogRowsPerDay: 10,
      burst: { stream: 'audit_logs', at: fromSeconds(began - 2 * hour), count: 450 },
    } as const;
    const options = { localNow: time.localNow, report, settleSeconds, rescanAges: [hour] };
    await withInstallation(settings, options, async (installation) => {
      const { db, worker } = installation;
      await time.pass(installation, 0);
      await worker('audit_logs').follow(signal);
      stops = true;
      assert.equal((await worker('audit_logs').fill(stop.signal))?.outcome, 'interrupted');
      stops = false;
      const [idle] = (await listFetches(db, 'audit_logs')).filter(({ kind }) => kind !== 'live');
      assert.deepEqual([idle?.outcome, idle?.askedAt], ['failed', began]);

      // Half an hour: too little for a rescan.
      await time.pass(installation, hour / 2);
      stop = new AbortController();
      await worker('audit_logs').fill(stop.signal);
      const resumed = (await listFetches(db, 'audit_logs')).find(
        ({ fetch }) => fetch === idle?.fetch,
      );
      assert.deepEqual([resumed?.outcome, resumed?.askedAt], ['complete', began]);
      const noted = (await loadRescans(db, key)).get(hour);
      assert.equal(noted?.at(-1)?.to, began - hour);

      await time.pass(installation, hour);
      await pullCompletely(installation, 'audit_logs');
      const again = (await listFetches(db, 'audit_logs')).find(({ kind }) => kind === 'rescan');
      assert.equal(again?.from, began - hour, 'it is read again from there');
    });
  });

  it('is read again after a stop when a clock was behind at its first page: one pass covers all of it', async () => {
    const time = createStillTime();
    const began = time.seconds();
    let stop = new AbortController();
    const report = (event: SyncEvent): void => {
      if (event.type === 'page' && event.task === 'backfill') stop.abort();
    };
    const settings = {
      ...time.simulator,
      accessLogRowsPerDay: 0,
      auditLogDays: 0.5,
      auditLogRowsPerDay: 10,
      burst: { stream: 'audit_logs', at: fromSeconds(began - 2 * hour), count: 450 },
    } as const;
    const options = { localNow: time.localNow, report, settleSeconds, rescanAges: [] };
    await withInstallation(settings, options, async (installation) => {
      const { db, worker } = installation;
      await time.pass(installation, 0);
      await worker('audit_logs').follow(signal);
      assert.equal((await worker('audit_logs').fill(stop.signal))?.outcome, 'interrupted');
      await db.query(
        `update zendesk_sync.fetches set asked_at = asked_at - interval '6 hours' where outcome = 'failed'`,
      );
      stop = new AbortController();
      assert.equal((await worker('audit_logs').fill(signal))?.outcome, 'complete');
      const [covered, ...others] = await loadCoverage(db, key);
      assert.deepEqual([covered?.to, others], [began - settleSeconds, []]);
    });
  });
});
