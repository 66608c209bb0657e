import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { openReadOnly } from '../../src/doctor/diagnosis.ts';
import { checkRows } from '../../src/doctor/rows.ts';
import { addCoverage, loadCoverage } from '../../src/ingest/coverage.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { explainLoss } from '../../src/ingest/loss-words.ts';
import { releaseLease } from '../../src/ingest/lease.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageToStore } from '../../src/ingest/page-to-store.ts';
import { loadStatus, type StreamStatus } from '../../src/ingest/status.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { describeCoverage } from '../../src/reports/shared/statement.ts';
import { fromSeconds, subtract } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { streams } from '../../src/streams/registry.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  storedLines,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { createStillTime } from '../support/still-time.ts';
import { storeRecords, usualClassify } from '../support/stored-records.ts';

const signal = new AbortController().signal;

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];

/** Two logs with several partitions. */
const twoLogs = {
  auditLogDays: 400,
  auditLogRowsPerDay: 3,
  accessLogDays: 80,
  accessLogRowsPerDay: 40,
};

/** Runs `work` with both logs, in which no row appears meanwhile: time stands still. */
async function withTwoLogs(work: (installation: Installation) => Promise<void>): Promise<void> {
  const time = createStillTime();
  const settings = { ...twoLogs, ...time.simulator };
  await withInstallation(settings, { localNow: time.localNow }, async (installation) => {
    await time.pass(installation, 0);
    await work(installation);
  });
}

async function statusOf({ db }: Installation, stream: Log): Promise<StreamStatus> {
  const row = (await loadStatus(db, streams, account)).find((status) => status.stream === stream);
  assert.ok(row);
  return row;
}

/** The partition with the oldest rows of a log, and their number. */
async function oldestPartition(
  { db }: Installation,
  stream: Log,
): Promise<{ partition: string; rows: number }> {
  const [row] = await db.query<{ partition: string; rows: number }>(
    `select tableoid::regclass::text as partition, count(*)::integer as rows
     from zendesk.${stream} group by 1 order by 1 limit 1`,
  );
  assert.ok(row !== undefined);
  return row;
}

/** Ways to remove the rows of a partition. */
const deeds: readonly (readonly [string, (partition: string, log: Log) => string])[] = [
  ['partition_dropped', (partition) => `drop table ${partition}`],
  [
    'partition_detached',
    (partition, log) => `alter table zendesk.${log} detach partition ${partition}`,
  ],
  ['partition_truncated', (partition) => `truncate ${partition}`],
  ['rows_deleted', (partition) => `delete from ${partition}`],
];

describe('rows that somebody removes by hand', { concurrency: 2 }, () => {
  for (const log of logs)
    for (const [code, statement] of deeds)
      it(`are noticed at once, and read again by the next pass: ${log}, ${code}`, async () => {
        await withTwoLogs(async (installation) => {
          const { db } = installation;
          await pullCompletely(installation, log);
          await pullCompletely(installation, log);
          const whole = await statusOf(installation, log);
          const lines = await storedLines(db, log);
          assert.deepEqual([whole.gaps, whole.rows, whole.losses], [0, lines.length, []], 'before');
          const { partition, rows } = await oldestPartition(installation, log);
          await db.query(statement(partition, log));

          const after = await statusOf(installation, log);
          assert.equal(after.rows, lines.length - rows, 'what is in the table');
          assert.equal(after.gaps, 1);
          assert.deepEqual(
            after.losses.map((loss) => [loss.code, loss.rows, loss.is_settled]),
            [[code, rows, false]],
          );
          await pullCompletely(installation, log);
          const healed = await statusOf(installation, log);
          assert.deepEqual([healed.gaps, healed.losses], [0, []]);
          assert.equal(healed.rows, lines.length);
          assert.deepEqual(await storedLines(db, log), lines);
          await assertTrue(installation, log);
        });
      });
});

/** Does something to a log while its triggers are off, on a separate connection: Postgres gets its statistics when it ends. */
async function withoutTriggers({ url }: Installation, statement: string): Promise<void> {
  await withClient(url, async (query) => {
    await query('set session_replication_role = replica');
    await query(statement);
  });
}

describe('rows that are removed without a record', { concurrency: 2 }, () => {
  const ways: readonly (readonly [string, (partition: string) => string])[] = [
    [
      'deleted',
      (partition) =>
        `delete from ${partition} where ctid in (select ctid from ${partition} limit 5)`,
    ],
    ['truncated', (partition) => `truncate ${partition}`],
  ];
  for (const [way, statement] of ways)
    it(`are counted, and read again: ${way} while triggers are off`, async () => {
      await withTwoLogs(async (installation) => {
        const { db, worker } = installation;
        await pullCompletely(installation, 'access_logs');
        const lines = await storedLines(db, 'access_logs');
        const { partition, rows } = await oldestPartition(installation, 'access_logs');
        await withoutTriggers(installation, statement(partition));
        await waitUntil(async () => {
          await worker('access_logs').follow(signal);
          return (await db.query('select from zendesk_sync.coverage_losses')).length > 0;
        });
        const missed = await statusOf(installation, 'access_logs');
        assert.ok(missed.gaps > 0);
        assert.ok(missed.losses.every(({ code }) => code === 'rows_missing'));
        const lost = missed.losses.reduce((sum, loss) => sum + loss.rows, 0);
        assert.equal(lost, way === 'deleted' ? 5 : rows);
        assert.equal(missed.rows, lines.length - lost);
        await pullCompletely(installation, 'access_logs');
        const healed = await statusOf(installation, 'access_logs');
        assert.deepEqual([healed.gaps, healed.losses, healed.rows], [0, [], lines.length]);
        assert.deepEqual(await storedLines(db, 'access_logs'), lines);
      });
    });
});

describe('a loss that Zendesk cannot restore', () => {
  it('is reported permanently, by the status, by reports and by doctor', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db, url } = installation;
      const key = { account, stream: 'access_logs' };
      await registerStream(db, account, accessLogs);
      await storeRecords(db, accessLogs, [
        { id: 'old-1', timestamp: '2026-03-05T10:00:00Z' },
        { id: 'old-2', timestamp: '2026-03-06T10:00:00Z' },
      ]);
      const from = Date.parse('2026-03-01T00:00:00Z') / 1000;
      await addCoverage(db, key, { from, to: from + 30 * 86_400 });
      await pullCompletely(installation, 'access_logs');
      assert.deepEqual((await statusOf(installation, 'access_logs')).losses, []);
      await db.query('drop table zendesk_partitions.access_logs_2026_03');
      for (let pass = 0; pass < 2; pass += 1) await pullCompletely(installation, 'access_logs');

      const status = await statusOf(installation, 'access_logs');
      const [loss] = status.losses;
      assert.ok(loss !== undefined && loss.noticed_at !== null);
      const noticed = loss.noticed_at.slice(0, 16).replace('T', ' ');
      const sentence = `2 rows from 2026-03-05 00:00 to 2026-03-07 00:00 are gone: the partition zendesk_partitions.access_logs_2026_03 was dropped by hand (first noticed ${noticed}). Zendesk no longer has them.`;
      assert.equal(explainLoss(loss), sentence);
      assert.deepEqual([status.gaps, status.lost_seconds > 2 * 86_400], [0, true]);

      const scope = { db, account, now: new Date(), timeZone: undefined };
      const asked = { log: accessLogs, from: new Date('2026-03-04'), to: new Date('2026-03-08') };
      const { coverage, gaps } = await describeCoverage(scope, asked);
      assert.deepEqual(coverage, [
        'Of the access log from 2026-03-04 00:00:00 to 2026-03-08 00:00:00, 50.0 % of the time was read completely; not verified yet.',
      ]);
      assert.deepEqual(
        [gaps[0], gaps[1]?.slice(0, 62)],
        [
          '2026-03-05 00:00:00 to 2026-03-07 00:00:00 (2d) is no longer stored, and Zendesk no longer has it: 90 days have passed.',
          '2 rows from 2026-03-05 00:00:00 to 2026-03-07 00:00:00 are gon',
        ],
      );
      const looked = openReadOnly(url);
      try {
        assert.deepEqual(await checkRows(looked, account, accessLogs), {
          name: 'access log rows',
          state: 'warning',
          found: sentence,
          wayOut: 'Restore them from a backup if you have one. Zendesk no longer has them.',
        });
        assert.equal(await checkRows(looked, account, auditLogs), undefined);
        await withoutTriggers(
          installation,
          `delete from zendesk.access_logs where id = (select min(id) from zendesk.access_logs)`,
        );
        const check = await checkRows(looked, account, accessLogs);
        assert.equal(check?.state, 'problem');
        assert.match(
          check?.found ?? '',
          /^1 row that was stored is missing between .*, and the reason is unknown\n2 rows /,
        );
      } finally {
        await looked.close();
      }
    });
  });
});

describe('a fetch', () => {
  it('does not cover what was lost after it had begun', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const store = { db, ensurePartitions: createPartitionKeeper(db) };
      const span = {
        from: Date.parse('2026-10-30T00:00:00Z') / 1000,
        to: Date.parse('2026-11-02T00:00:00Z') / 1000,
      };
      const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 });
      const read = (id: string, timestamp: string): PageToStore['rows'] =>
        readRecords(accessLogs, usualClassify, [{ id, timestamp }]);
      const page = {
        fetch,
        pageSize: 2500,
        askedAt: span.to,
        covered: [],
        rows: read('a', '2026-10-31T10:00:00Z'),
      };
      const first = await storePage(store, lease, accessLogs, {
        ...page,
        end: { kind: 'more', nextCursor: 'c1' },
      });
      await db.query('drop table zendesk_partitions.access_logs_2026_10');
      await storePage(store, lease, accessLogs, {
        ...page,
        fetch: first.fetch,
        rows: [...read('b', '2026-10-31T11:00:00Z'), ...read('c', '2026-11-01T11:00:00Z')],
        end: { kind: 'complete', coverage: [span], rescans: [] },
      });
      const lost = {
        from: Date.parse('2026-10-31T00:00:00Z') / 1000,
        to: Date.parse('2026-11-01T00:00:00Z') / 1000,
      };
      const covered = await loadCoverage(db, { account: 'acme', stream: 'access_logs' });
      assert.deepEqual(covered, subtract([span], [lost]));
      assert.deepEqual(
        await db.query('select day::text, rows::integer from zendesk_sync.stored_days order by 1'),
        [
          { day: '2026-10-31', rows: 1 },
          { day: '2026-11-01', rows: 1 },
        ],
      );
    });
  });

  it('does not cover what was lost in a time before all covered time', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const store = { db, ensurePartitions: createPartitionKeeper(db) };
      const second = (time: string): number => Date.parse(time) / 1000;
      const span = { from: second('2026-10-05T06:00:00Z'), to: second('2026-10-12T00:00:00Z') };
      const newest = { from: second('2026-10-30T00:00:00Z'), to: second('2026-10-31T00:00:00Z') };
      const read = (id: string, timestamp: string): PageToStore['rows'] =>
        readRecords(accessLogs, usualClassify, [{ id, timestamp }]);
      const older = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 2500 });
      const page = { pageSize: 2500, askedAt: newest.to, covered: [] };
      const first = await storePage(store, lease, accessLogs, {
        ...page,
        fetch: older.fetch,
        rows: read('a', '2026-10-05T10:00:00Z'),
        end: { kind: 'more', nextCursor: 'c1' },
      });
      const { fetch } = await openFetch(db, lease, { kind: 'live', span: newest, pageSize: 2500 });
      await storePage(store, lease, accessLogs, {
        ...page,
        fetch,
        rows: read('z', '2026-10-30T10:00:00Z'),
        end: { kind: 'complete', coverage: [newest], rescans: [] },
      });
      await db.query('drop table zendesk_partitions.access_logs_2026_10');
      await storePage(store, lease, accessLogs, {
        ...page,
        fetch: first.fetch,
        rows: read('b', '2026-10-11T10:00:00Z'),
        end: { kind: 'complete', coverage: [span], rescans: [] },
      });
      assert.deepEqual(await loadCoverage(db, { account: 'acme', stream: 'access_logs' }), [
        newest,
      ]);
    });
  });

  it('does not continue when pages of it were lost after a stop: one pass reads its whole span', async () => {
    await withInstallation(twoLogs, {}, async (installation) => {
      const { db, simulator, engine } = installation;
      const lease = await takeLease(db, accessLogs);
      const now = Math.floor(Date.now() / 1000);
      const span = { from: now - 60 * 86_400, to: now - 50 * 86_400 };
      const [record] = simulator.records(
        'access_logs',
        fromSeconds(span.from),
        fromSeconds(span.to),
      );
      const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 100 });
      await storePage(engine, lease, accessLogs, {
        fetch,
        pageSize: 100,
        askedAt: now,
        covered: [],
        rows: readRecords(accessLogs, usualClassify, [record]),
        end: { kind: 'more', nextCursor: 'c1' },
      });
      await releaseLease(db, lease);
      const { partition } = await oldestPartition(installation, 'access_logs');
      await db.query(`drop table ${partition}`);
      await pullCompletely(installation, 'access_logs');
      assert.equal((await statusOf(installation, 'access_logs')).gaps, 0);
      await assertTrue(installation, 'access_logs');
    });
  });
});
