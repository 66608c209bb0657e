/** How a log is followed to the present: one span, planned by the clocks, and what is left of earlier ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { followLog } from '../../src/ingest/follow.ts';
import type { Pull } from '../../src/ingest/pull.ts';
import { loadStream } from '../../src/ingest/horizon.ts';
import { createTally } from '../../src/ingest/run.ts';
import { createMemory } from '../../src/ingest/rows/returns.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { account, withInstallation } from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const settleSeconds = 300;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

type Following = {
  readonly pull: Pull;
  readonly events: readonly SyncEvent[];
  readonly server: RawLogServer;
};

/** Opens an empty log; its own clock is so far ahead of the others. */
async function withEmptyLog(
  stream: LogStream,
  work: (following: Following) => Promise<void>,
  { ahead = () => 0, settle = settleSeconds }: { ahead?: () => number; settle?: number } = {},
): Promise<void> {
  const server = await startRawLogServer();
  const events: SyncEvent[] = [];
  const options = {
    origin: server.origin,
    rescanAges: [],
    settleSeconds: settle,
    report: (event: SyncEvent) => void events.push(event),
    localNow: () => Date.now() + ahead(),
  };
  try {
    await withInstallation({}, options, async ({ engine, db }) => {
      const lease = await takeLease(db, stream);
      const { signal } = new AbortController();
      const memory = createMemory(stream.table.time);
      const pull = { engine, stream, lease, tally: createTally(), ...memory, signal };
      await work({ pull, events, server });
    });
  } finally {
    server.close();
  }
}

const fetchesOf = ({ engine, stream }: Pull) => listFetches(engine.db, stream.name);

describe('a log that is followed', () => {
  it('is read from before the settling time on, then from the end of its coverage, and keeps since when', async () => {
    await withEmptyLog(accessLogs, async ({ pull, events }) => {
      const key = { account, stream: 'access_logs' };
      const { db } = pull.engine;
      const began = nowSeconds();
      await followLog(pull);
      const [first, ...others] = await fetchesOf(pull);
      assert.deepEqual([first?.kind, first?.outcome, others], ['live', 'complete', []]);
      assert.ok(first && first.from < began - settleSeconds && first.to > began);
      assert.equal((await loadStream(db, key)).followedFrom, first.from);
      const told = () => events.filter(({ type }) => type === 'covered').length;
      assert.equal(told(), 1);
      // Once when the database was asked for its time, and once after what Zendesk said.
      assert.equal(events.filter(({ type }) => type === 'clocks').length, 2);
      const [covered] = await loadCoverage(db, key);
      await followLog(pull);
      const [, second] = await fetchesOf(pull);
      assert.equal(second?.from, covered?.to);
      assert.equal((await loadStream(db, key)).followedFrom, first.from);
      assert.equal(told(), 2);
    });
  });

  it('ends what an earlier reading of its newest time left open, and nothing else', async () => {
    await withEmptyLog(accessLogs, async ({ pull }) => {
      const span = { from: nowSeconds() - 5000, to: nowSeconds() - 4000 };
      for (const kind of ['live', 'backfill'] as const)
        await openFetch(pull.engine.db, pull.lease, { kind, span, pageSize: 100 });
      await followLog(pull);
      assert.deepEqual(
        (await fetchesOf(pull)).map(({ kind, outcome }) => [kind, outcome]),
        [
          ['live', 'abandoned'],
          ['backfill', null],
          ['live', 'complete'],
        ],
      );
    });
  });

  it('gets its partitions of this month and the next one, also again after they are gone', async () => {
    await withEmptyLog(accessLogs, async ({ pull }) => {
      const { db } = pull.engine;
      const partitions = () =>
        db.query<{ name: string }>(
          `select inhrelid::regclass::text as name from pg_inherits
           where inhparent = 'zendesk.access_logs'::regclass order by name`,
        );
      await followLog(pull);
      const made = await partitions();
      const now = new Date();
      const months = [0, 1].map((ahead) =>
        new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead)).toISOString(),
      );
      assert.deepEqual(
        made.map(({ name }) => name),
        months.map(
          (month) => `zendesk_partitions.access_logs_${month.slice(0, 7).replace('-', '_')}`,
        ),
      );
      for (const { name } of made) await db.query(`drop table ${name}`);
      await followLog(pull);
      assert.deepEqual(await partitions(), made);
    });
  });

  it('is planned again when the first answers show that the clock was wrong, and not without end', async () => {
    await withEmptyLog(
      accessLogs,
      async ({ pull }) => {
        await followLog(pull);
        const fetches = await fetchesOf(pull);
        assert.deepEqual(
          // Plus zero, because what is rounded up to nothing is less than nothing otherwise.
          fetches.map(({ to }) => Math.round((to - nowSeconds()) / 600) + 0),
          [6, 0],
        );
      },
      { ahead: () => 3_600_000 },
    );
  });

  it('is planned three times at most when the clocks never agree for long', async () => {
    await withEmptyLog(
      accessLogs,
      async ({ pull, server }) => {
        // The one in the middle is Zendesk's and ours in turn.
        server.answerOddly = (_, response) => {
          const ahead = server.requests % 2 === 0 ? 18_000_000 : 0;
          response.setHeader('date', new Date(Date.now() + ahead).toUTCString());
          return false;
        };
        await followLog(pull);
        assert.deepEqual(
          (await fetchesOf(pull)).map(({ kind, outcome }) => [kind, outcome]),
          Array.from({ length: 3 }, () => ['live', 'complete']),
        );
      },
      { ahead: () => 3_600_000 },
    );
  });

  it('is read in one span however many pages that has', async () => {
    await withEmptyLog(
      accessLogs,
      async ({ pull, server }) => {
        const from = nowSeconds() - 10 * 86_400;
        const records = Array.from({ length: 400 }, (_, at) => {
          const second = from + at * 60;
          const timestamp = new Date(second * 1000).toISOString();
          const content = JSON.stringify({ id: `id${at}`, timestamp, url: '/api/v2/tickets/1' });
          return { second, content };
        });
        server.records = { ...server.records, access_logs: records };
        server.mostRecords = () => 20;
        await followLog(pull);
        assert.deepEqual(
          (await fetchesOf(pull)).map(({ kind, outcome, new: rows }) => [kind, outcome, rows]),
          [['live', 'complete', 400]],
        );
      },
      { settle: 10 * 86_400 },
    );
  });

  it('has no beginning while it is empty, and says nothing of how much is covered', async () => {
    await withEmptyLog(auditLogs, async ({ pull, events }) => {
      await followLog(pull);
      assert.deepEqual(
        (await fetchesOf(pull)).map(({ kind, outcome }) => [kind, outcome]),
        [['live', 'complete']],
      );
      assert.equal(events.filter(({ type }) => type === 'covered').length, 0);
    });
  });
});
