/** What the end of a run does with rows that were removed by hand: withdrawn, read again, closed. Without a source. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addCoverage, loadCoverage } from '../../src/ingest/coverage.ts';
import type { Engine } from '../../src/ingest/engine.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { loadLosses, loadLostSince, settleLosses, withoutLosses } from '../../src/ingest/losses.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import { countSuspects } from '../../src/ingest/row-counts.ts';
import { subtract, type Span } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { collectLog } from '../support/collected-log.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';
import { withClient } from '../support/query.ts';

const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };
const second = (time: string): number => Date.parse(time) / 1000;
const span = { from: second('2026-11-01T00:00:00Z'), to: second('2026-11-05T00:00:00Z') };
const times = [
  '2026-11-01T10:00:00Z',
  '2026-11-02T10:00:00Z',
  '2026-11-02T11:00:00Z',
  '2026-11-04T10:00:00Z',
];

/** A log of four rows. */
type Kept = Installation & {
  readonly log: ReturnType<typeof collectLog>;
  /** Stores rows at these times and covers a span with them. */
  readonly read: (times: readonly string[], covered: Span) => Promise<void>;
  readonly settle: (horizons?: Engine['settings']['horizons']) => Promise<void>;
  readonly covered: () => ReturnType<typeof loadCoverage>;
};

async function withRows(stream: LogStream, work: (kept: Kept) => Promise<void>): Promise<void> {
  await withInstallation(empty, {}, async (installation) => {
    const { db, engine } = installation;
    const log = collectLog();
    const own = { ...engine, log };
    const lease = await takeLease(db, stream);
    const read = async (at: readonly string[], covered: Span): Promise<void> => {
      const opened = await openFetch(db, lease, { kind: 'backfill', span: covered, pageSize: 100 });
      const { time } = stream.table;
      const rows = readRecords(
        stream,
        engine.classify,
        at.map((text) => ({ id: stream === accessLogs ? text : Date.parse(text), [time]: text })),
      );
      await storePage(engine, lease, stream, {
        fetch: opened.fetch,
        rows,
        pageSize: 100,
        askedAt: covered.to,
        covered: [],
        end: { kind: 'complete', coverage: [covered], rescans: [] },
      });
    };
    await read(times, span);
    await countSuspects(db, { account, stream: stream.name }, stream.table);
    await work({
      ...installation,
      log,
      read,
      settle: (horizons = {}) =>
        settleLosses({
          engine: { ...own, settings: { ...own.settings, horizons } },
          stream,
        }),
      covered: () => loadCoverage(db, { account, stream: stream.name }),
    });
  });
}

async function closed({ db }: Kept): Promise<unknown> {
  return db.query(
    `select rows::integer, rows_found::integer as found, closed_at is not null as closed, settled_at is not null as settled
     from zendesk_sync.coverage_losses order by lost_from`,
  );
}

const deleteSecondDay = `delete from zendesk.access_logs where timestamp >= '2026-11-02' and timestamp < '2026-11-03'`;
const gone = { from: second('2026-11-02T10:00:00Z'), to: second('2026-11-02T11:00:01Z') };
const key = { account, stream: 'access_logs' };

describe('rows that were deleted by hand', { concurrency: 2 }, () => {
  it('are taken out of the coverage once, with a warning, and closed when they are back', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, log, settle, read, covered } = kept;
      await settle();
      assert.deepEqual([await covered(), await loadLosses(db, key)], [[span], []]);
      await db.query(deleteSecondDay);
      const losses = await loadLosses(db, key);
      assert.deepEqual(
        losses.map(({ code, rows, is_settled }) => [code, rows, is_settled]),
        [['rows_deleted', 2, false]],
      );
      assert.deepEqual(withoutLosses([span], losses), subtract([span], [gone]));
      assert.deepEqual(await covered(), [span], 'not yet');
      for (let run = 0; run < 2; run += 1) {
        await settle();
        assert.deepEqual(await covered(), subtract([span], [gone]));
      }
      // The entries of a day are joined, and those that come to nothing are gone.
      assert.deepEqual(
        await db.query(
          'select day::text, rows::integer from zendesk_sync.stored_rows order by day',
        ),
        [
          { day: '2026-11-01', rows: 1 },
          { day: '2026-11-04', rows: 1 },
        ],
      );
      const warned = log.lines().filter(({ level }) => level === 'warn');
      assert.deepEqual(
        warned.map(({ stream, code, rows, msg }) => [stream, code, rows, String(msg).slice(0, 59)]),
        [
          [
            'access_logs',
            'rows_deleted',
            2,
            '2 rows from 2026-11-02 10:00 to 2026-11-02 11:00 are gone: ',
          ],
        ],
      );
      const noted = await db.query<{ manifest: string }>(
        `select manifest from zendesk_evidence.pending where manifest::jsonb ->> 'kind' = 'uncovered'`,
      );
      assert.deepEqual(
        noted.map(({ manifest }) => (JSON.parse(manifest) as { spans: unknown }).spans),
        [[{ span: [gone.from, gone.to], rows: 2, reason: 'rows_deleted' }]],
      );
      const settled = await loadLosses(db, key);
      assert.deepEqual(withoutLosses([span], settled), [span]);
      assert.deepEqual(await closed(kept), [
        { rows: 2, found: null, closed: false, settled: true },
      ]);

      // A fetch that was opened before may contain them; one that is opened now does not.
      const lastOf = async (): Promise<string> => {
        const [row] = await db.query<{ id: string }>(
          'select max(id)::text as id from zendesk_sync.fetches',
        );
        return row?.id ?? '';
      };
      assert.deepEqual(await loadLostSince(db, key, await lastOf()), [gone]);
      await read(times.slice(1, 3), gone);
      assert.deepEqual(await loadLostSince(db, key, await lastOf()), []);
      await settle();
      assert.deepEqual(await covered(), [span]);
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 2, closed: true, settled: true }]);
      assert.deepEqual(await loadLosses(db, key), []);
    });
  });

  it('stay open while some are missing, and are closed with what came back once all was read', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, settle, read, covered } = kept;
      await db.query(deleteSecondDay);
      await settle();
      // Without the last second.
      await read(times.slice(1, 2), { from: gone.from, to: gone.to - 1 });
      await settle();
      assert.deepEqual(await covered(), subtract([span], [{ from: gone.to - 1, to: gone.to }]));
      assert.deepEqual(await closed(kept), [
        { rows: 2, found: null, closed: false, settled: true },
      ]);
      await read([], { from: gone.to - 1, to: gone.to });
      await settle();
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 1, closed: true, settled: true }]);
      const [loss] = await loadLosses(db, key);
      assert.deepEqual([loss?.rows, loss?.rows_found], [2, 1]);
    });
  });

  it('stay open where their newest rows are not read again yet, until they are back or their time is covered', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, settle, read } = kept;
      const note = (from: number): Promise<unknown> =>
        db.query(
          `insert into zendesk_sync.coverage_losses
             (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, settled_at)
           values ($1, $2, to_timestamp($3), to_timestamp($4), to_timestamp($4 + 3600), 2, 0, 'rows_missing', now())`,
          [key.account, key.stream, from, span.to],
        );
      // One row of the two is there.
      await note(second('2026-11-04T00:00:00Z'));
      const open = [{ rows: 2, found: null, closed: false, settled: true }];
      await settle();
      assert.deepEqual(await closed(kept), open);
      await read([], { from: span.to, to: span.to + 3599 });
      await settle();
      assert.deepEqual(await closed(kept), open);
      await read([], { from: span.to + 3599, to: span.to + 3600 });
      await settle();
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 1, closed: true, settled: true }]);
      // All rows are back before their time is covered.
      await db.query(`delete from zendesk_sync.coverage_losses`);
      await db.query(`delete from zendesk_sync.coverage where covered_from >= to_timestamp($1)`, [
        span.to,
      ]);
      await note(second('2026-11-02T10:30:00Z'));
      await settle();
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 2, closed: true, settled: true }]);
    });
  });

  it('count only what came back, not what was left', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, settle, read } = kept;
      await db.query(`delete from zendesk.access_logs where id in ('${times[0]}', '${times[2]}')`);
      await settle();
      await read([], { from: second(times[0] ?? ''), to: gone.to });
      await settle();
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 0, closed: true, settled: true }]);
    });
  });

  it('are closed at once where Zendesk no longer keeps them', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, settle, read } = kept;
      const old = { from: second('2026-03-05T00:00:00Z'), to: second('2026-03-06T00:00:00Z') };
      await read(['2026-03-05T10:00:00Z'], old);
      await db.query(`delete from zendesk.access_logs where timestamp < '2026-04-01'`);
      await settle();
      assert.deepEqual(await closed(kept), [{ rows: 1, found: 0, closed: true, settled: true }]);
    });
  });

  it('are judged by the beginning that the settings want', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, settle } = kept;
      await db.query(deleteSecondDay);
      await settle({ access_logs: gone.to - 1 });
      assert.deepEqual(await closed(kept), [
        { rows: 2, found: null, closed: false, settled: true },
      ]);
      await settle({ access_logs: gone.to });
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 0, closed: true, settled: true }]);
    });
  });

  it('of a log that is kept permanently wait until its beginning is known', async () => {
    await withRows(auditLogs, async (kept) => {
      const { db, settle } = kept;
      await db.query(
        `delete from zendesk.audit_logs where created_at >= '2026-11-02' and created_at < '2026-11-03'`,
      );
      await addCoverage(db, { account, stream: 'audit_logs' }, { from: 0, to: 1 });
      await settle();
      const open = [{ rows: 2, found: null, closed: false, settled: true }];
      assert.deepEqual(await closed(kept), open);
      await db.query(`update zendesk_sync.streams set horizon = to_timestamp($1)`, [gone.from]);
      await settle();
      assert.deepEqual(await closed(kept), open);
      await db.query(`update zendesk_sync.streams set horizon = to_timestamp($1)`, [gone.to]);
      await settle();
      assert.deepEqual(await closed(kept), [{ rows: 2, found: 0, closed: true, settled: true }]);
    });
  });

  it('as a partition are noticed by the run', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, settle, covered, log } = kept;
      await db.query('drop table zendesk_partitions.access_logs_2026_11');
      await settle();
      assert.deepEqual(await covered(), []);
      assert.deepEqual(
        log.lines().map(({ level, code, rows }) => [level, code, rows]),
        [['warn', 'partition_dropped', 4]],
      );
    });
  });
});

describe('changes without a record', { concurrency: 2 }, () => {
  const counts = async ({ db }: Kept): Promise<unknown> =>
    db.query(
      'select day::text, rows::integer from zendesk_sync.stored_days where rows <> 0 order by 1',
    );
  const whole = [
    { day: '2026-11-01', rows: 1 },
    { day: '2026-11-02', rows: 2 },
    { day: '2026-11-04', rows: 1 },
  ];

  it('are counted in the partition that has changed', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, url } = kept;
      await withClient(url, async (query) => {
        await query('set session_replication_role = replica');
        await query('truncate zendesk_partitions.access_logs_2026_11');
      });
      assert.deepEqual(await counts(kept), whole);
      await countSuspects(db, key, accessLogs.table);
      assert.deepEqual(await counts(kept), []);
      assert.deepEqual(await db.query('select code, rows::integer from zendesk_sync.losses'), [
        { code: 'rows_missing', rows: 3 },
        { code: 'rows_missing', rows: 1 },
      ]);
    });
  });

  it('by somebody else are reported, with who it was, and all rows are counted again', async () => {
    await withRows(accessLogs, async (kept) => {
      const { db, log } = kept;
      await db.query('update zendesk_sync.stored_rows set rows = rows + 5');
      await countSuspects(db, { account, stream: 'audit_logs' }, auditLogs.table, log);
      assert.equal(log.lines().length, 1, 'of the ledger of all logs');
      await countSuspects(db, key, accessLogs.table, log);
      assert.deepEqual(await counts(kept), whole);
      const [user] = await db.query<{ name: string }>('select session_user as name');
      assert.deepEqual(log.lines(), [
        {
          level: 'warn',
          account,
          stream: 'audit_logs',
          table: 'zendesk_sync.stored_rows',
          by: user?.name,
          msg: 'somebody else has changed rows or counts of the ledger; the rows are counted again',
        },
      ]);
    });
  });
});
