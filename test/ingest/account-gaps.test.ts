/** The gaps of the logs of an account, from the ledger, and what closing them costs. */
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { Database, Queryable } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { examineAccount } from '../../src/ingest/account-gaps.ts';
import { addCoverage, addRescan } from '../../src/ingest/coverage.ts';
import { loadGapFacts } from '../../src/ingest/gap-facts.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withLedger } from '../support/ledger.ts';

const day = 86_400;
const key = { account: 'acme', stream: 'access_logs' };
const settings = {
  settleMs: 300_000,
  rescanAfterMs: [],
  horizons: {},
  budgets: {},
  pageSizes: {},
};

/** Both logs, registered; the access log is covered until ten days ago. */
async function withLogs(work: (db: Database, covered: number) => Promise<void>): Promise<void> {
  await withLedger(async (db) => {
    for (const log of [accessLogs, auditLogs]) await registerStream(db, 'acme', log);
    const now = Math.floor(Date.now() / 1000);
    const covered = now - 10 * day;
    await addCoverage(db, key, { from: now - 100 * day, to: covered });
    await work(db, covered);
  });
}

describe('the gaps of an account', () => {
  it('come with the requests and the minutes that closing them takes, of each log that has some', async () => {
    await withLogs(async (db, covered) => {
      const days = Array.from({ length: 11 }, (_, ago) => (covered - ago * day) * 1000);
      await createPartitionKeeper(db)(accessLogs.table, days);
      await db.query(
        `insert into zendesk_sync.stored_rows (account, stream, day, rows)
         select 'acme', 'access_logs', (to_timestamp($1) at time zone 'UTC')::date - n, 20000 from generate_series(1, 10) as n`,
        [covered],
      );
      const { account, gaps, costs } = await examineAccount(
        db,
        'acme',
        [accessLogs, auditLogs],
        settings,
      );
      assert.equal(account, 'acme');
      assert.deepEqual(
        gaps.map(({ stream, from, reason }) => [stream, from, reason]),
        [
          ['access_logs', covered, 'never_read'],
          ['audit_logs', undefined, 'never_read'],
        ],
      );
      const [access, audit] = costs;
      const { pageSize } = accessLogs.source;
      const perMinute = accessLogs.budget.setting.requestsPerMinute;
      assert.ok(access !== undefined && access.isMeasured && access.rows > 150_000);
      assert.deepEqual(access, {
        stream: 'access_logs',
        rows: access.rows,
        requests: Math.ceil(access.rows / pageSize),
        minutes: Math.ceil(access.requests / perMinute),
        requestsPerMinute: perMinute,
        isMeasured: true,
      });
      assert.deepEqual(audit, {
        stream: 'audit_logs',
        rows: 0,
        requests: 1,
        minutes: 1,
        requestsPerMinute: auditLogs.budget.setting.requestsPerMinute,
        isMeasured: false,
      });
    });
  });

  it('are judged by the settings of the account', async () => {
    await withLogs(async (db, covered) => {
      await addRescan(db, key, 7 * day, { from: 0, to: covered - 30 * day });
      const start = new Date('2026-01-01T00:00:00.900Z');
      const { gaps, costs } = await examineAccount(db, 'acme', [accessLogs, auditLogs], {
        settleMs: 3_600_001,
        rescanAfterMs: [7 * day * 1000 - 500],
        horizons: { audit_logs: start },
        budgets: { [accessLogs.budget.name]: 1 },
        pageSizes: { access_logs: 10 },
      });
      const [due, open, audit] = gaps;
      assert.deepEqual(
        [due, open].map((gap) => [gap?.from, gap?.to === covered, gap?.reason]),
        [
          [covered - 30 * day, true, 'rescan_due'],
          [covered, false, 'never_read'],
        ],
      );
      assert.equal(audit?.from, Date.parse('2026-01-01T00:00:00Z') / 1000);
      const ago = Math.floor(Date.now() / 1000) - (open?.to ?? 0);
      assert.ok(ago >= 3601 && ago < 3601 + 3600, `${ago}`);
      assert.equal(costs[0]?.requestsPerMinute, 1);
      assert.equal(costs[0]?.minutes, costs[0]?.requests);
    });
  });

  it('are all judged by one moment, however long the database takes', async () => {
    await withLogs(async (db, covered) => {
      const from = covered - 5 * day;
      await addCoverage(db, { ...key, stream: 'audit_logs' }, { from, to: covered });
      const now = covered + 10 * day;
      mock.timers.enable({ apis: ['Date'], now: now * 1000 });
      try {
        const slow: Queryable = {
          query(text, values) {
            mock.timers.tick(60_000);
            return db.query(text, values);
          },
        };
        const { gaps } = await examineAccount(slow, 'acme', [accessLogs, auditLogs], settings);
        assert.deepEqual(
          gaps.map(({ stream, from: begins, to = 0 }) => [stream, begins, now - to]),
          [
            ['access_logs', covered, 900],
            ['audit_logs', covered, 900],
          ],
        );
      } finally {
        mock.timers.reset();
      }
    });
  });

  it('that nothing can close cost nothing', async () => {
    await withLogs(async (db) => {
      const now = Math.floor(Date.now() / 1000);
      await addCoverage(db, key, { from: now - 95 * day, to: now });
      await addCoverage(db, key, { from: now - 120 * day, to: now - 110 * day });
      const { gaps, costs } = await examineAccount(db, 'acme', [accessLogs], settings);
      assert.deepEqual(
        [gaps.map(({ reason, canClose }) => [reason, canClose]), costs],
        [[['expired', false]], []],
      );
    });
  });
});

describe('what the ledger knows of gaps', () => {
  it('is of each log of each account, and nothing of one that it does not have', async () => {
    await withLogs(async (db, covered) => {
      const now = covered + 10 * day;
      await registerStream(db, 'other', accessLogs);
      await addRescan(db, key, 3600, { from: 1, to: 2 });
      await addRescan(db, key, 7200, { from: 1, to: 3 });
      await addRescan(db, key, 3600, { from: 5, to: 6 });
      await db.query(
        `update zendesk_sync.streams set horizon = to_timestamp(1000), unavailable_reason = 'Buy it.', unavailable_since = now() where account = 'other'`,
      );
      await db.query(
        `insert into zendesk_sync.runs (account, stream, task, holder, started_at, ended_at, outcome, error)
         select 'acme', 'access_logs', 'live', 'test', to_timestamp(at), to_timestamp(at + 1), outcome, case when outcome = 'unavailable' then 'no' end
         from (values (1000.5, 'unavailable'), (2000, 'unavailable'), (3000.5, 'complete'), (4000, 'unavailable')) as r (at, outcome)
         order by at`,
      );
      await db.query(
        `insert into zendesk_sync.quarantine (account, stream, code, reason, content, fingerprint, occurred_at, tried_by)
         values ('acme', 'access_logs', 'record_unreadable', 'odd', 'a', 'a', to_timestamp(100.5), '1'),
           ('acme', 'access_logs', 'record_unreadable', 'odd', 'b', 'b', to_timestamp(200.5), '1'),
           ('acme', 'access_logs', 'time_unreadable', 'odd', 'c', 'c', null, '1')`,
      );
      const facts = await loadGapFacts(db, {}, now);
      assert.deepEqual(facts(key), {
        losses: [],
        coverage: [{ from: now - 100 * day, to: covered }],
        dropped: [],
        rescanned: new Map([
          [
            3600,
            [
              { account: 'acme', stream: 'access_logs', age: 3600, from: 1, to: 2 },
              { account: 'acme', stream: 'access_logs', age: 3600, from: 5, to: 6 },
            ],
          ],
          [7200, [{ account: 'acme', stream: 'access_logs', age: 7200, from: 1, to: 3 }]],
        ]),
        horizon: undefined,
        unavailableReason: undefined,
        refusals: [
          { from: 1000, to: 3000, isOver: true },
          { from: 4000, to: now, isOver: false },
        ],
        quarantined: [
          { code: 'record_unreadable', records: 2, from: 100, to: 201 },
          { code: 'time_unreadable', records: 1, from: undefined, to: undefined },
        ],
      });
      const other = facts({ account: 'other', stream: 'access_logs' });
      assert.deepEqual(
        [other.horizon, other.unavailableReason, other.coverage],
        [1000, 'Buy it.', []],
      );
      const nobody = facts({ account: 'nobody', stream: 'access_logs' });
      assert.deepEqual(
        [nobody.horizon, nobody.refusals, nobody.rescanned],
        [undefined, [], new Map()],
      );
      const one = await loadGapFacts(db, { account: 'other' }, now);
      assert.deepEqual(one(key).coverage, []);
    });
  });
});
