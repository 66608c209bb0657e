/** What a backfill does when its plan fails. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { fromSeconds } from '../../src/span.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { assertComplete, listFetches } from '../support/ledger-facts.ts';
import { patienceMs } from '../support/patience.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const access = { account, stream: 'access_logs' };

describe('a backfill', { concurrency: 2 }, () => {
  it('reads a span of little more than a minute that begins with a dense second, instead of dividing it again and again', async () => {
    const second = Math.floor(Date.now() / 1000) - 93_600;
    const settings = {
      limits: false,
      accessLogRowsPerDay: 0,
      auditLogDays: 3,
      auditLogRowsPerDay: 40,
      burst: { stream: 'audit_logs', at: fromSeconds(second), count: 220 },
    } as const;
    await withInstallation(settings, {}, async ({ db, worker }) => {
      await worker('audit_logs').follow(signal);
      const stop = AbortSignal.timeout(patienceMs);
      const run = await worker('audit_logs').read({ from: second - 5, to: second + 75 }, stop);
      assert.equal(run.outcome, 'complete', run.error);
      assert.ok(run.counts.new >= 220);
      const [fetch, ...others] = (await listFetches(db, 'audit_logs')).filter(
        ({ kind }) => kind === 'backfill',
      );
      assert.deepEqual(others, []);
      assert.deepEqual([fetch?.outcome, fetch?.pages], ['complete', 3]);
    });
  });

  it('that cannot plan further leaves no cursor reading', async () => {
    const dense = { accessLogDays: 4, accessLogRowsPerDay: 12_000, answerMs: 60, limits: false };
    let pages = 0;
    const report = (event: SyncEvent): void => {
      if (event.type !== 'page' || event.task !== 'backfill') return;
      pages += 1;
    };
    await withInstallation(dense, { report }, async ({ db, engine, simulator, worker }) => {
      // Two cursors are reading after four pages; the ledger fails when one of them needs another span.
      const query: typeof db.query = (text, values) =>
        pages >= 4 && text.includes('from zendesk_sync.rescans')
          ? Promise.reject(new Error('the ledger is gone'))
          : db.query(text, values);
      Object.assign(engine, { db: { ...db, query } });
      await worker('access_logs').follow(signal);
      const filled = await worker('access_logs').fill(signal);
      const asked = simulator.requests().length;
      assert.equal(filled?.outcome, 'failed', String(pages));
      Object.assign(engine, { db });
      const open = (await listFetches(db, 'access_logs')).filter(({ outcome }) => outcome === null);
      assert.deepEqual(open, [], 'every fetch has ended before the run has');
      assert.equal(simulator.requests().length, asked);
      assert.equal((await worker('access_logs').fill(signal))?.outcome, 'complete');
    });
  });

  it('ends after three spans in a row that cannot be read, and asks for no fourth', async () => {
    const time = createStillTime();
    const settings = { ...time.simulator, accessLogDays: 60, accessLogRowsPerDay: 50 };
    await withInstallation(settings, { localNow: time.localNow }, async (installation) => {
      const { db, simulator, worker } = installation;
      await time.pass(installation, 0);
      await worker('access_logs').follow(signal);
      const before = simulator.requests().length;
      const location = 'http://127.0.0.1:9';
      simulator.addFault({ kind: 'redirect', stream: 'access_logs', location, times: Infinity });
      assert.equal((await worker('access_logs').fill(signal))?.outcome, 'failed');
      // Six attempts for each of them.
      assert.equal(simulator.requests().length - before, 3 * 6);
      const failed = (await listFetches(db, 'access_logs')).filter(
        ({ kind, outcome }) => kind === 'backfill' && outcome === 'failed',
      );
      assert.equal(failed.length, 3);
      const ends = failed.map(({ to }) => to);
      assert.deepEqual(
        failed.slice(1).map(({ from }) => from),
        ends.slice(0, -1),
        'each is the one after the last',
      );

      simulator.clearFaults();
      await pullCompletely(installation, 'access_logs');
      await assertComplete(installation, 'access_logs');
    });
  });

  it('does not cover what the source dropped while a fetch was idle', async () => {
    const time = createStillTime();
    const settings = { ...time.simulator, accessLogDays: 90, accessLogRowsPerDay: 9000 };
    let stop = new AbortController();
    const report = (event: SyncEvent): void => {
      if (event.type === 'page' && event.task === 'backfill') stop.abort();
    };
    const options = { localNow: time.localNow, report };
    await withInstallation(settings, options, async (installation) => {
      const { db, simulator, worker } = installation;
      await time.pass(installation, 0);
      await worker('access_logs').follow(signal);
      assert.equal((await worker('access_logs').fill(stop.signal))?.outcome, 'interrupted');
      const [idle] = (await listFetches(db, 'access_logs')).filter(({ kind }) => kind !== 'live');
      assert.deepEqual([idle?.outcome, idle?.pages], ['failed', 1]);

      // Half of the day that was read is too old now.
      await time.pass(installation, 43_200);
      while ((await loadCoverage(db, access)).length < 2) {
        stop = new AbortController();
        await worker('access_logs').fill(stop.signal);
      }
      const resumed = (await listFetches(db, 'access_logs')).find(
        ({ fetch }) => fetch === idle?.fetch,
      );
      assert.equal(resumed?.outcome, 'complete', 'it has gone on at its cursor');
      for (const { from, to } of await loadCoverage(db, access)) {
        const span = [fromSeconds(from), fromSeconds(to)] as const;
        const [stored] = await db.query<{ rows: number }>(
          `select count(*)::integer as rows from zendesk.access_logs where timestamp >= $1 and timestamp < $2`,
          span,
        );
        const written = [...simulator.records('access_logs', ...span, { includeInvisible: true })]
          .length;
        assert.equal(stored?.rows, written, `from ${span[0].toISOString()}`);
      }
    });
  });
});
