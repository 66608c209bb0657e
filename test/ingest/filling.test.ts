/** Which gaps of a log are filled, in which fetches, and which earlier fetches continue. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addCoverage, addRescan, loadCoverage, loadRescans } from '../../src/ingest/coverage.ts';
import { openFetch, type Fetch } from '../../src/ingest/fetch.ts';
import { fillLog, hasWork } from '../../src/ingest/fill.ts';
import type { Pull } from '../../src/ingest/pull.ts';
import { createTally } from '../../src/ingest/run.ts';
import { createMemory } from '../../src/ingest/rows/returns.ts';
import { fromSeconds, type Span } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { account, withInstallation } from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const key = { account, stream: 'access_logs' };
const day = 86_400;
const now = Math.floor(Date.now() / 1000);
/** The log begins ten days ago. */
const start = now - 10 * day;
const days = (from: number, to: number): Span => ({
  from: start + from * day,
  to: start + to * day,
});
const settleSeconds = 300;
const asked = `asked_at = to_timestamp(${now})`;
const whole = [{ from: start, to: now - settleSeconds }];

type Filling = {
  readonly pull: Pull;
  readonly server: RawLogServer;
  readonly cover: (...spans: readonly Span[]) => Promise<void>;
  /** Leaves a fetch open, as a program that was killed does; `change` sets its columns. */
  readonly leave: (span: Span, change?: string, kind?: Fetch['kind']) => Promise<string>;
};

/** Opens a log in which time stands still, with nothing covered. */
async function withGaps(
  work: (filling: Filling) => Promise<void>,
  rescanAges: readonly number[] = [],
): Promise<void> {
  const server = await startRawLogServer();
  const localNow = (): number => now * 1000;
  const horizons = { access_logs: start };
  const pageSizes = { access_logs: 10 };
  const { origin } = server;
  const options = { origin, localNow, horizons, pageSizes, rescanAges, settleSeconds };
  try {
    await withInstallation({}, options, async ({ engine, db }) => {
      const lease = await takeLease(db, accessLogs);
      const { signal } = new AbortController();
      const memory = createMemory(accessLogs.table.time);
      await work({
        server,
        pull: { engine, stream: accessLogs, lease, tally: createTally(), ...memory, signal },
        async cover(...spans) {
          for (const span of spans) await addCoverage(db, key, span);
        },
        async leave(span, change = `cursor = '0', pages = 1, ${asked}`, kind = 'backfill') {
          const { fetch } = await openFetch(db, lease, { kind, span, pageSize: 10 });
          await db.query(`update zendesk_sync.fetches set ${change} where id = $1`, [fetch.fetch]);
          return fetch.fetch;
        },
      });
    });
  } finally {
    server.close();
  }
}

const fetchesOf = async ({ engine }: Pull) =>
  (await listFetches(engine.db, 'access_logs')).map(({ kind, from, to, outcome }) => [
    kind,
    (from - start) / day,
    (to - start) / day,
    outcome,
  ]);

describe('the gaps of a log', () => {
  it('are filled, oldest first, and named by whether the log was followed then', async () => {
    await withGaps(async ({ pull, cover }) => {
      const { db } = pull.engine;
      await cover(days(0, 1), days(2, 6), { ...days(7, 10), to: now - settleSeconds });
      await db.query('update zendesk_sync.streams set followed_from = $1', [
        fromSeconds(start + 5 * day),
      ]);
      assert.equal(await hasWork(pull), true);
      await fillLog(pull, 'gaps');
      assert.deepEqual(await fetchesOf(pull), [
        ['backfill', 1, 2, 'complete'],
        ['repair', 6, 7, 'complete'],
      ]);
      assert.deepEqual(await loadCoverage(db, key), whole);
      assert.equal(await hasWork(pull), false);
      await fillLog(pull, 'gaps');
      assert.equal((await fetchesOf(pull)).length, 2);
    });
  });

  it('are left where a span cannot be read; all others are filled, and the error is thrown', async () => {
    await withGaps(async ({ pull, cover, server }) => {
      await cover(days(0, 1), days(2, 6), { ...days(7, 10), to: now - settleSeconds });
      // Records of another time than requested.
      server.records.access_logs = Array.from({ length: 6 }, (_, number) => ({
        second: start + 1.5 * day,
        content: JSON.stringify({ id: `01M${number}`, timestamp: fromSeconds(start - number) }),
      }));
      await assert.rejects(fillLog(pull, 'gaps'), { code: 'filter_ignored' });
      const left = await loadCoverage(pull.engine.db, key);
      assert.deepEqual(left, [days(0, 1), { from: start + 2 * day, to: now - settleSeconds }]);
      assert.equal(await hasWork(pull), true);
    });
  });

  it('are left when the credentials are refused: nothing further is asked', async () => {
    await withGaps(async ({ pull, cover, server }) => {
      await cover(days(0, 1), days(2, 6), { ...days(7, 10), to: now - settleSeconds });
      server.answerOddly = (_, response) => {
        response.statusCode = 401;
        response.end('{"error":"Unauthorized"}');
        return true;
      };
      await assert.rejects(fillLog(pull, 'gaps'), { status: 401 });
      assert.deepEqual(await fetchesOf(pull), [['backfill', 1, 2, 'failed']]);
    });
  });

  it('are left when the next fetch cannot be recorded, and that error is thrown', async () => {
    await withGaps(async ({ pull, cover }) => {
      const { db } = pull.engine;
      await cover(days(0, 1), days(2, 6), { ...days(7, 10), to: now - settleSeconds });
      await db.query(
        `alter table zendesk_sync.fetches add check (span_from < to_timestamp(${start + 6 * day}))`,
      );
      await assert.rejects(fillLog(pull, 'gaps'), { sqlState: '23514' });
      assert.deepEqual(await fetchesOf(pull), [['backfill', 1, 2, 'complete']]);
    });
  });

  it('do not matter for a span that is given: it is read although it is covered', async () => {
    await withGaps(async ({ pull, cover, leave }) => {
      await cover(days(3, 4));
      await leave(days(6, 7));
      await fillLog(pull, days(3, 4));
      assert.deepEqual(await fetchesOf(pull), [
        ['backfill', 6, 7, null],
        ['backfill', 3, 4, 'complete'],
      ]);
      assert.deepEqual(await loadCoverage(pull.engine.db, key), [days(3, 4)]);
    });
  });
});

describe('a fetch that was left open', () => {
  it('continues at its cursor if its span is missing and nothing speaks against it', async () => {
    await withGaps(async ({ pull, cover, leave, server }) => {
      const cursors: (string | null)[] = [];
      server.answerOddly = ({ url = '' }) => {
        cursors.push(new URL(url, server.origin).searchParams.get('page[after]'));
        return false;
      };
      await cover(days(0, 1), days(3, 4), { ...days(5, 10), to: now - settleSeconds });
      await leave(days(1, 2));
      await leave(days(2, 3));
      await leave(
        days(4, 5),
        `cursor = '0', pages = 1, ${asked}, outcome = 'failed', ended_at = now()`,
      );
      assert.equal(await hasWork(pull), true);
      await fillLog(pull, 'gaps');
      assert.deepEqual(await fetchesOf(pull), [
        ['backfill', 1, 2, 'complete'],
        ['backfill', 2, 3, 'complete'],
        ['backfill', 4, 5, 'complete'],
      ]);
      assert.deepEqual(cursors, ['0', '0', '0']);
      assert.deepEqual(await loadCoverage(pull.engine.db, key), whole);
    });
  });

  const useless: readonly [string, Span, string?][] = [
    ['without a cursor', days(1, 2), 'pages = 1'],
    ['whose span is covered', days(3, 4)],
    ['whose span is before the beginning of the log', days(-3, -2)],
    ['whose span ends where the log begins', days(-1, 0)],
    [
      'that was asked when a clock was behind',
      days(1, 2),
      `cursor = '0', asked_at = '1970-01-01Z'`,
    ],
  ];
  for (const [what, span, change] of useless)
    it(`is given up: one ${what}`, async () => {
      await withGaps(async ({ pull, cover, leave }) => {
        await cover(days(0, 1), { ...days(2, 10), to: now - settleSeconds });
        const left = await leave(span, change);
        await fillLog(pull, 'gaps');
        const [given, ...others] = await listFetches(pull.engine.db, 'access_logs');
        assert.deepEqual([given?.fetch, given?.outcome], [left, 'abandoned']);
        assert.deepEqual(
          others.map(({ from, to, outcome }) => [from, to, outcome]),
          [[start + day, start + 2 * day, 'complete']],
        );
      });
    });

  it('is given up if it overlaps another one or if rows of it were lost since; one that follows the log is left alone', async () => {
    await withGaps(async ({ pull, cover, leave }) => {
      const { db } = pull.engine;
      await cover(days(0, 1), days(3, 4), { ...days(5, 10), to: now - settleSeconds });
      await leave(days(1, 2.5));
      await leave(days(2, 3));
      const lost = await leave(days(4, 5));
      await leave(days(4, 5), `cursor = '0', ${asked}`, 'live');
      await db.query(
        `insert into zendesk_sync.coverage_losses
           (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, last_fetch)
         values ('acme', 'access_logs', $1, $2, $2, 1, 0, 'rows_missing', $3)`,
        [fromSeconds(start + 4.2 * day), fromSeconds(start + 4.3 * day), lost],
      );
      await fillLog(pull, 'gaps');
      assert.deepEqual((await fetchesOf(pull)).slice(0, 4), [
        ['backfill', 1, 2.5, 'complete'],
        ['backfill', 2, 3, 'abandoned'],
        ['backfill', 4, 5, 'abandoned'],
        ['live', 4, 5, null],
      ]);
      assert.deepEqual(await loadCoverage(db, key), whole);
    });
  });
});

describe('what is read again', () => {
  const hour = 3600;

  it('is what has reached its age since it was last read', async () => {
    await withGaps(
      async ({ pull, cover }) => {
        const { db } = pull.engine;
        await cover(...whole);
        await addRescan(db, key, hour, { from: 0, to: start + 9 * day });
        await fillLog(pull, 'gaps');
        const read = (await fetchesOf(pull)).map(([kind, from, , outcome]) => [
          kind,
          from,
          outcome,
        ]);
        assert.deepEqual(read, [['rescan', 9, 'complete']]);
        assert.deepEqual((await loadRescans(db, key)).get(hour), [{ from: 0, to: now - hour }]);
      },
      [hour],
    );
  });

  it('at a new age begins now: older time counts as read again', async () => {
    await withGaps(
      async ({ pull, cover }) => {
        const { db } = pull.engine;
        await cover(...whole);
        await fillLog(pull, 'gaps');
        assert.deepEqual((await loadRescans(db, key)).get(hour), [{ from: 0, to: now - hour }]);
        assert.deepEqual(await fetchesOf(pull), []);
        assert.equal(await hasWork(pull), false);
      },
      [hour],
    );
  });
});
