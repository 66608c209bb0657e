import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findGaps } from '../../src/ingest/coverage.ts';
import { findContiguous } from '../support/coverage-model.ts';
import { runPass } from '../../src/ingest/service.ts';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  storedLines,
  trueLines,
  withInstallation,
} from '../support/installation.ts';

const signal = new AbortController().signal;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

describe('a complete pass', () => {
  it('stores exactly what Zendesk has of both logs, and covers it from the horizon to SETTLE ago', async () => {
    await withInstallation(
      { accessLogRowsPerDay: 600, auditLogRowsPerDay: 40 },
      {},
      async (installation) => {
        const { db, worker } = installation;
        const began = nowSeconds();
        const passes = await runPass(
          [worker('audit_logs'), worker('access_logs'), worker('users')],
          signal,
        );
        assert.deepEqual(
          passes.map(({ stream, complete }) => ({ stream, complete })),
          [
            { stream: 'audit_logs', complete: true },
            { stream: 'access_logs', complete: true },
            { stream: 'users', complete: true },
          ],
        );
        for (const stream of ['audit_logs', 'access_logs'] as const) {
          const coverage = await assertTrue(installation, stream);
          assert.equal(coverage.length, 1, 'one span without a gap');
          const end = coverage[0]?.to ?? 0;
          assert.ok(
            end >= began - 301 && end <= nowSeconds() - 300,
            'nothing younger than SETTLE counts as covered',
          );
        }
        assert.ok((await storedLines(db, 'access_logs')).length > 15_000);
        const access = await loadCoverage(db, { account, stream: 'access_logs' });
        const horizon = nowSeconds() - 90 * 86_400;
        assert.deepEqual(findGaps(access, horizon), []);
        assert.equal(findContiguous(access, horizon)?.to, access[0]?.to);
      },
    );
  });

  it('creates the partitions of the next month and year in advance', async () => {
    await withInstallation({ accessLogDays: 1, auditLogDays: 1 }, {}, async (installation) => {
      for (const name of ['access_logs', 'audit_logs'] as const)
        await pullCompletely(installation, name);
      const now = new Date();
      const nextMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
      const names = [
        `zendesk_partitions.access_logs_${nextMonth.toISOString().slice(0, 7).replace('-', '_')}`,
        `zendesk_partitions.audit_logs_${now.getUTCFullYear() + 1}`,
      ];
      assert.deepEqual(
        await installation.db.query(
          `select to_regclass(name) is not null as made from unnest($1::text[]) as name`,
          [names],
        ),
        [{ made: true }, { made: true }],
      );
    });
  });

  it('changes nothing when it is run again over the same spans', async () => {
    await withInstallation(
      { accessLogRowsPerDay: 200, auditLogRowsPerDay: 20 },
      {},
      async (installation) => {
        const { db, worker } = installation;
        await pullCompletely(installation, 'access_logs');
        const snapshot = `select count(*)::integer as rows, md5(string_agg(id || xmin::text || ctid::text, ',' order by id)) as content
        from zendesk.access_logs where timestamp < to_timestamp($1)`;
        const until = [nowSeconds() - 600];
        const before = await db.query(snapshot, until);
        for (let run = 0; run < 3; run += 1) {
          const span = { from: nowSeconds() - 40 * 86_400, to: nowSeconds() - 600 };
          const result = await worker('access_logs').read(span, signal);
          assert.deepEqual(
            { outcome: result.outcome, new: result.counts.new, changed: result.counts.changed },
            { outcome: 'complete', new: 0, changed: 0 },
          );
        }
        assert.deepEqual(await db.query(snapshot, until), before);
      },
    );
  });

  it('pulls an audit log from AUDIT_LOGS_START, or from the oldest record of the account', async () => {
    const start = nowSeconds() - 20 * 86_400;
    await withInstallation(
      { auditLogRowsPerDay: 30 },
      { horizons: { audit_logs: start } },
      async (installation) => {
        await pullCompletely(installation, 'audit_logs');
        const [coverage] = await assertTrue(installation, 'audit_logs');
        assert.equal(coverage?.from, start);
      },
    );
    await withInstallation({ auditLogRowsPerDay: 30 }, {}, async (installation) => {
      await pullCompletely(installation, 'audit_logs');
      const [coverage] = await assertTrue(installation, 'audit_logs');
      const oldest = trueLines(installation.simulator, 'audit_logs')[0]?.split(' ')[0];
      assert.equal(coverage?.from, Number(oldest));
    });
  });

  it('covers empty logs too, and asks for an empty access log of 90 days at most ten times', async () => {
    await withInstallation(
      { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0 },
      {},
      async (installation) => {
        const { simulator } = installation;
        for (const name of ['access_logs', 'audit_logs', 'users'] as const)
          await pullCompletely(installation, name);
        const [coverage] = await assertTrue(installation, 'access_logs');
        assert.ok((coverage?.from ?? Infinity) <= nowSeconds() - 90 * 86_400 + 5);
        const asked = simulator
          .requests()
          .filter(({ path }) => path.startsWith('/api/v2/access_logs'));
        assert.ok(asked.length <= 10, `${asked.length} requests`);
      },
    );
  });

  it('needs one request for each log when a tick finds nothing new', async () => {
    await withInstallation(
      { accessLogRowsPerDay: 0, auditLogRowsPerDay: 30 },
      {},
      async (installation) => {
        const { simulator, worker } = installation;
        for (const name of ['access_logs', 'audit_logs'] as const) {
          await pullCompletely(installation, name);
          const before = simulator.requests().length;
          await worker(name).follow(signal);
          await worker(name).fill(signal);
          assert.equal(simulator.requests().length - before, 1);
        }
      },
    );
  });

  it('stores more rows in one second than a page holds', async () => {
    const at = new Date(Date.now() - 3 * 86_400_000);
    for (const [stream, count] of [
      ['access_logs', 6000],
      ['audit_logs', 350],
    ] as const) {
      await withInstallation(
        {
          burst: { stream, at, count },
          accessLogDays: 5,
          auditLogDays: 5,
          accessLogRowsPerDay: 50,
          auditLogRowsPerDay: 20,
        },
        {},
        async (installation) => {
          await pullCompletely(installation, stream);
          await assertTrue(installation, stream);
          const [second] = await installation.db.query<{ rows: number }>(
            stream === 'access_logs'
              ? `select count(*)::integer as rows from zendesk.access_logs where timestamp = date_trunc('second', $1::timestamptz)`
              : `select count(*)::integer as rows from zendesk.audit_logs where created_at = date_trunc('second', $1::timestamptz)`,
            [at],
          );
          assert.ok((second?.rows ?? 0) >= count);
        },
      );
    }
  });

  for (const inclusiveBounds of [true, false])
    it(`misses no row of spans that begin and end with one, when Zendesk ${inclusiveBounds ? 'includes' : 'leaves out'} the bounds of a filter`, async () => {
      await withInstallation(
        { inclusiveBounds, accessLogDays: 5, accessLogRowsPerDay: 300, auditLogRowsPerDay: 30 },
        {},
        async (installation) => {
          for (const name of ['access_logs', 'audit_logs'] as const) {
            const seconds = trueLines(installation.simulator, name).map((line) =>
              Number(line.split(' ')[0]),
            );
            // Neighbours, each of which ends in the second before the next one begins.
            const bounds = [10, 40, 41, 90].map((index) => seconds[index] ?? assert.fail());
            const spans = bounds.slice(1).map((to, index) => ({ from: bounds[index] ?? 0, to }));
            for (const span of spans) {
              const { outcome, error } = await installation.worker(name).read(span, signal);
              assert.equal(outcome, 'complete', error);
            }
            assert.deepEqual(await assertTrue(installation, name), [
              { from: bounds[0], to: bounds.at(-1) },
            ]);
            await pullCompletely(installation, name);
            await assertTrue(installation, name);
          }
        },
      );
    });

  it('keeps unusual values and unknown fields in extra, and leaves extra null for normal rows', async () => {
    await withInstallation(
      { oddities: true, accessLogDays: 30, accessLogRowsPerDay: 2000, auditLogRowsPerDay: 100 },
      {},
      async (installation) => {
        const { db } = installation;
        for (const name of ['access_logs', 'audit_logs'] as const)
          await pullCompletely(installation, name);
        const kept = await db.query<{ field: string }>(
          `select distinct field from (select extra from zendesk.access_logs union all select extra from zendesk.audit_logs) as logs,
           jsonb_object_keys(extra) as field order by 1`,
        );
        assert.ok(
          kept.some(({ field }) => field === 'ip_address'),
          'junk addresses',
        );
        assert.ok(
          kept.some(({ field }) => field === 'status'),
          'a status that is no number',
        );
        const [share] = await db.query<{ odd: number }>(
          `select avg((extra is not null)::integer)::float8 as odd from zendesk.access_logs`,
        );
        assert.ok((share?.odd ?? 1) < 0.2, 'most rows are normal');
      },
    );
  });
});
