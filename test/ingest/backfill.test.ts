import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure } from '../../src/span.ts';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import { account, assertTrue, pullCompletely, withInstallation } from '../support/installation.ts';

const signal = new AbortController().signal;
const access = { account, stream: 'access_logs' };

/** The largest number of requests in progress at once. */
function countOverlap(requests: readonly { startedAt: number; endedAt: number | null }[]): number {
  const at = requests.map(({ startedAt }) => startedAt);
  return Math.max(
    ...at.map(
      (moment) =>
        requests.filter(
          (other) => other.startedAt <= moment && (other.endedAt ?? Infinity) > moment,
        ).length,
    ),
  );
}

describe('a backfill', () => {
  it('reads the oldest first, because it is lost first', async () => {
    await withInstallation(
      { accessLogDays: 90, accessLogRowsPerDay: 1500, limits: false },
      {},
      async (installation) => {
        await pullCompletely(installation, 'access_logs');
        const fetches = await installation.db.query<{ from: Date; outcome: string }>(
          `select span_from as from, outcome from zendesk_sync.fetches where kind = 'backfill' order by id`,
        );
        const starts = fetches
          .filter(({ outcome }) => outcome === 'complete')
          .map(({ from }) => from.getTime());
        assert.ok(starts.length > 3);
        assert.deepEqual(
          starts,
          starts.toSorted((a, b) => a - b),
        );
      },
    );
  });

  it('reads with several cursors when pages are slow and dense, and with one when they are quick', async () => {
    const dense = { accessLogDays: 8, accessLogRowsPerDay: 15_000 };
    const requestsPerMinute = { support: 1000, access_logs: 1000 };
    await withInstallation(
      { ...dense, answerMs: 150, limits: false },
      { requestsPerMinute },
      async (installation) => {
        await pullCompletely(installation, 'access_logs');
        await assertTrue(installation, 'access_logs');
        const asked = installation.simulator
          .requests()
          .filter(({ stream }) => stream === 'access_logs');
        const overlap = countOverlap(asked);
        // 1,000 a minute of 150 ms each keep 2.5 in progress; a cursor may request its next page while one is stored.
        assert.ok(overlap >= 2 && overlap <= 8, `${overlap} at once`);
      },
    );
    // One cursor is enough for so small a budget, unless a page takes more than three seconds.
    const slow = { support: 50, access_logs: 20 };
    await withInstallation(
      { ...dense, limits: false },
      { requestsPerMinute: slow },
      async (installation) => {
        const stop = new AbortController();
        await installation.worker('access_logs').follow(signal);
        const filling = installation.worker('access_logs').fill(stop.signal);
        while (installation.simulator.requests().length < 16)
          await new Promise((resolve) => setTimeout(resolve, 10));
        stop.abort();
        await filling;
        const asked = installation.simulator
          .requests()
          .filter(({ stream }) => stream === 'access_logs');
        assert.equal(countOverlap(asked), 1);
      },
    );
  });

  it('continues at the cursor where a failed run stopped, and repeats no stored page', async () => {
    const dense = { accessLogDays: 4, accessLogRowsPerDay: 15_000, limits: false };
    await withInstallation(dense, {}, async (installation) => {
      const { db, simulator, worker } = installation;
      await worker('access_logs').follow(signal);
      simulator.addFault({
        kind: '500-json',
        stream: 'access_logs',
        onlyWithCursor: true,
        after: 10,
        times: Infinity,
      });
      const failed = await worker('access_logs').fill(signal);
      assert.equal(failed?.outcome, 'failed');
      const [stopped] = await db.query<{ cursor: string; pages: number }>(
        `select cursor, pages from zendesk_sync.fetches where outcome = 'failed' and cursor is not null
         order by span_from`,
      );
      assert.ok(stopped !== undefined && stopped.pages > 0);
      const covered = measure(await loadCoverage(db, access));
      simulator.clearFaults();
      const before = simulator.requests().length;
      const resumed = await worker('access_logs').fill(signal);
      assert.equal(resumed?.outcome, 'complete', resumed?.error);
      const first = new URLSearchParams(simulator.requests()[before]?.query);
      assert.equal(first.get('page[after]'), stopped.cursor);
      assert.equal(resumed.counts.changed, 0);
      assert.ok(measure(await loadCoverage(db, access)) > covered);
      const [rows] = await db.query<{ seen: number; new: number }>(
        `select sum(rows_seen)::integer as seen, sum(rows_new)::integer as new
         from zendesk_sync.fetches where kind = 'backfill' and outcome = 'complete'`,
      );
      assert.ok(
        rows !== undefined && rows.seen - rows.new < 3 * 2500,
        'only seams and given-back spans are read twice',
      );
      await assertTrue(installation, 'access_logs');
    });
  });

  it('of a gap in the middle is named a repair, closes exactly the gap, and restores deleted rows', async () => {
    await withInstallation(
      { accessLogDays: 30, accessLogRowsPerDay: 500 },
      {},
      async (installation) => {
        const { db, worker } = installation;
        await pullCompletely(installation, 'access_logs');
        const [whole] = await loadCoverage(db, access);
        assert.ok(whole);
        const hole = { from: whole.to - 20 * 86_400, to: whole.to - 19 * 86_400 };
        // As if the log had been followed since before the gap.
        await db.query(`update zendesk_sync.streams set followed_from = $1`, [
          new Date((whole.from + 1) * 1000),
        ]);
        await db.query(`update zendesk_sync.coverage set covered_until = $1`, [
          new Date(hole.from * 1000),
        ]);
        await db.query(`insert into zendesk_sync.coverage values ($1, 'access_logs', $2, $3)`, [
          account,
          new Date(hole.to * 1000),
          new Date(whole.to * 1000),
        ]);
        await db.query(`delete from zendesk.access_logs where timestamp >= $1 and timestamp < $2`, [
          new Date(hole.from * 1000),
          new Date(hole.to * 1000),
        ]);
        const filled = await worker('access_logs').fill(signal);
        assert.equal(filled?.outcome, 'complete');
        assert.deepEqual(await loadCoverage(db, access), [whole]);
        const repairs = await db.query(
          `select extract(epoch from span_from)::integer as from, extract(epoch from span_until)::integer as to, outcome
         from zendesk_sync.fetches where kind = 'repair'`,
        );
        assert.deepEqual(repairs, [{ ...hole, outcome: 'complete' }]);
        await assertTrue(installation, 'access_logs');
      },
    );
  });
});
