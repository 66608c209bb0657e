/** What reading one span stores, reports and leaves behind, page by page. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PageEvent, SyncEvent } from '../../src/ingest/events.ts';
import { openFetch, reopenFetch, type Fetch } from '../../src/ingest/fetch.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { createPageSizes } from '../../src/ingest/page-sizes.ts';
import type { Pull } from '../../src/ingest/pull.ts';
import { createTally } from '../../src/ingest/run.ts';
import { createMemory } from '../../src/ingest/rows/returns.ts';
import { readSpan, type SpanResult } from '../../src/ingest/span-reader.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const noon = Math.floor(Date.now() / 86_400_000) * 86_400 - 40 * 86_400 + 43_200;
const span = { from: noon, to: noon + 1000 };

function record(number: number, stamp = noon + number, url = '/api/v2/users/7'): RawRecord {
  const content = { id: `01M${number}`, timestamp: new Date(stamp * 1000).toISOString(), url };
  return { second: noon + number, content: JSON.stringify(content) };
}
const records = (count: number): RawRecord[] =>
  Array.from({ length: count }, (_, number) => record(number));

type Reading = Installation & {
  readonly server: RawLogServer;
  readonly log: CollectedLog;
  readonly lease: Lease;
  readonly pull: Pull;
  /** The pages that were reported. */
  readonly pages: () => readonly PageEvent[];
  /** What the pages were asked for: size and cursor. */
  readonly asked: string[];
  readonly open: (kind?: Fetch['kind']) => ReturnType<typeof openFetch>;
};

/** Opens the access log with these records, in pages of four, and what reads its spans. */
async function withSpan(
  sent: readonly RawRecord[],
  work: (reading: Reading) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  server.records.access_logs = sent;
  const asked: string[] = [];
  server.answerOddly = ({ url = '' }, response) => {
    const { searchParams } = new URL(url, server.origin);
    asked.push(`${searchParams.get('page[size]')} ${searchParams.get('page[after]') ?? ''}`.trim());
    response.setHeader('x-request-id', `request-${asked.length}`);
    return false;
  };
  const events: SyncEvent[] = [];
  const log = collectLog();
  const report = (event: SyncEvent): void => void events.push(event);
  const pageSizes = { access_logs: 4 };
  const options = { origin: server.origin, pageSizes, rescanAges: [], report, log };
  try {
    await withInstallation({}, options, async (installation) => {
      const { db, engine } = installation;
      const lease = await takeLease(db, accessLogs);
      const { signal } = new AbortController();
      const memory = createMemory(accessLogs.table.time);
      await work({
        ...installation,
        server,
        log,
        lease,
        asked,
        pull: { engine, stream: accessLogs, lease, tally: createTally(), ...memory, signal },
        pages: () => events.filter((event) => event.type === 'page'),
        open: (kind = 'backfill') => openFetch(db, lease, { kind, span, pageSize: 4 }),
      });
    });
  } finally {
    server.close();
  }
}

const factsOf = async ({ db }: Reading): Promise<unknown> => {
  const [last] = (await listFetches(db, 'access_logs')).slice(-1);
  const { outcome, error, cursor, pages, pageSize, restarted } = last ?? assert.fail('no fetch');
  return { outcome, error, cursor, pages, pageSize, restarted };
};
const storedIds = async ({ db }: Reading): Promise<string> => {
  const rows = await db.query<{ id: string }>('select id from zendesk.access_logs order by id');
  return rows.map(({ id }) => id.replace('01M', '')).join(' ');
};
const summary = ({ fetch, splitSeconds, hasRows }: SpanResult): unknown => ({
  cursor: fetch.cursor,
  pages: fetch.pages,
  seen: fetch.seen,
  new: fetch.new,
  late: fetch.late,
  splitSeconds,
  hasRows,
});

/** Refuses so many cursors. */
function refuseCursors({ server, asked }: Reading, times: number): void {
  const usual = server.answerOddly;
  let left = times;
  server.answerOddly = (request, response) => {
    usual(request, response);
    if (left === 0 || !asked.at(-1)?.includes(' ')) return false;
    left -= 1;
    response.statusCode = 400;
    response.end('{"error":"Malformed query params: invalid cursor"}');
    return true;
  };
}

describe('a span that is read', () => {
  it('is stored page by page, and each page is reported', async () => {
    const sent = records(9);
    sent[8] = record(8, noon + 8, '/x/y/z');
    await withSpan(sent, async ({ pull, open, pages, asked, ...others }) => {
      const mores: boolean[] = [];
      const afterPage = (more: boolean): void => void mores.push(more);
      const covered = [{ from: noon + 3, to: noon + 5 }];
      const { fetch } = await open();
      const result = await readSpan(pull, { fetch, covered, maySplit: false, afterPage });
      assert.deepEqual(summary(result), {
        cursor: undefined,
        pages: 3,
        seen: 9,
        new: 9,
        late: 2,
        splitSeconds: undefined,
        hasRows: true,
      });
      assert.deepEqual(asked, ['4', '4 4', '4 8']);
      assert.deepEqual(mores, [true, true, false]);
      const page = {
        type: 'page',
        stream: 'access_logs',
        task: 'backfill',
        kind: 'backfill',
        changedRows: 0,
        span,
        times: undefined,
      };
      assert.deepEqual(
        pages().map((event) => ({ ...event, times: undefined })),
        [
          [4, 1, 0, 3, false],
          [4, 1, 0, 7, false],
          [1, 0, 1, 8, true],
        ].map(([rows, lateRows, unclassifiedRows, reached, last], index) => ({
          ...page,
          rows,
          newRows: rows,
          lateRows,
          unclassifiedRows,
          reached: noon + Number(reached),
          last,
          requestId: `request-${index + 1}`,
        })),
      );
      const { tally } = pull;
      assert.deepEqual(tally.counts, { requests: 3, new: 9, changed: 0, late: 2 });
      assert.deepEqual([tally.span, tally.requestId], [span, 'request-3']);
      assert.deepEqual(
        tally.stored.fetches.map((stored) => stored.fetch),
        [fetch.fetch],
      );
      const reading = { pull, open, pages, asked, ...others };
      assert.equal(await storedIds(reading), '0 1 2 3 4 5 6 7 8');
      assert.deepEqual(await factsOf(reading), {
        outcome: 'complete',
        error: null,
        cursor: null,
        pages: 3,
        pageSize: 4,
        restarted: false,
      });
    });
  });

  it('may be empty', async () => {
    await withSpan([], async ({ pull, open, pages }) => {
      const { fetch } = await open();
      const result = await readSpan(pull, { fetch, covered: [], maySplit: true });
      assert.deepEqual(
        [result.hasRows, result.splitSeconds, result.fetch.pages],
        [false, undefined, 1],
      );
      assert.deepEqual(
        pages().map(({ rows, reached, last }) => [rows, reached, last]),
        [[0, undefined, true]],
      );
    });
  });

  it('does not take the connections of backfills when the log is followed', async () => {
    for (const kind of ['live', 'backfill', 'rescan'] as const)
      await withSpan(records(2), async ({ pull, open, pages }) => {
        const { db } = pull.engine;
        let bulky = 0;
        const transaction: typeof db.transaction = (work) => {
          bulky += 1;
          return db.transaction(work);
        };
        const engine = { ...pull.engine, bulk: { ...db, transaction } };
        await readSpan({ ...pull, engine }, { ...(await open(kind)), maySplit: false });
        const task = kind === 'live' ? 'live' : 'backfill';
        assert.deepEqual(
          pages().map((page) => [page.task, page.kind, bulky]),
          [[task, kind, kind === 'live' ? 0 : 1]],
        );
      });
  });

  it('warns of records that go into quarantine', async () => {
    const odd = { second: noon + 1, content: '{"id":"01Modd","timestamp":"yesterday"}' };
    await withSpan([record(0), odd, record(2)], async (reading) => {
      const { pull, open, log } = reading;
      const { fetch } = await open();
      const result = await readSpan(pull, { fetch, covered: [], maySplit: false });
      assert.deepEqual([result.fetch.seen, result.fetch.new], [3, 2]);
      const told = log.lines().filter(({ code }) => code === 'record_unreadable');
      assert.deepEqual(
        told.map((line) => [line['account'], line['stream'], line['fetch'], line['records']]),
        [[account, 'access_logs', fetch.fetch, 1]],
      );
    });
  });
});

describe('a span that cannot be read to its end', () => {
  it('keeps its cursor when the run is stopped, and the next reading knows what the first one stored', async () => {
    await withSpan(records(9), async (reading) => {
      const { pull, open, server, db, lease, asked } = reading;
      const stop = new AbortController();
      const { fetch } = await open();
      const stopped = { ...pull, signal: stop.signal };
      const afterPage = (): void => stop.abort();
      const task = { fetch, covered: [], maySplit: false, afterPage };
      await assert.rejects(readSpan(stopped, task));
      assert.deepEqual(await factsOf(reading), {
        outcome: 'failed',
        error: 'Stopped before its end.',
        cursor: '4',
        pages: 1,
        pageSize: 4,
        restarted: false,
      });
      const [{ code } = assert.fail()] = await db.query<{ code: string }>(
        'select error_code as code from zendesk_sync.fetches',
      );
      assert.equal(code, 'stopped');
      assert.equal(await storedIds(reading), '0 1 2 3');

      // A record of the first page comes again in another second.
      server.records.access_logs = [...records(9).slice(0, 8), record(2, noon + 90)].map(
        (sent, place) => ({ ...sent, second: noon + place }),
      );
      asked.length = 0;
      const memory = createMemory(accessLogs.table.time);
      const again = await reopenFetch(db, lease, fetch);
      const smaller = { ...again.fetch, pageSize: 3 };
      await readSpan({ ...pull, ...memory }, { fetch: smaller, covered: [], maySplit: false });
      assert.deepEqual(asked, ['3 4', '4 7']);
      assert.equal(await storedIds(reading), '0 1 2 3 4 5 6 7');
    });
  });

  it('fails with the error, and without a cursor that must not be used again', async () => {
    // More than four, and more than half of a page, are of another time.
    const strays = Array.from({ length: 6 }, (_, number) => record(number, noon - 5000));
    await withSpan(strays, async (reading) => {
      const { pull, open, engine } = reading;
      const { fetch } = await open();
      const larger = {
        ...pull,
        engine: { ...engine, pageSizes: createPageSizes({ access_logs: 10 }) },
      };
      await assert.rejects(readSpan(larger, { fetch, covered: [], maySplit: false }), {
        code: 'filter_ignored',
        requestId: 'request-1',
      });
      const { error, ...facts } = (await factsOf(reading)) as { error: string };
      assert.match(error, /^Zendesk returned records of access_logs from another time range/);
      assert.deepEqual(facts, {
        outcome: 'failed',
        cursor: null,
        pages: 0,
        pageSize: 10,
        restarted: false,
      });
      assert.equal(await storedIds(reading), '');
    });
  });

  it('is left alone when another process has taken over', async () => {
    await withSpan(records(9), async (reading) => {
      const { pull, open, db } = reading;
      const { fetch } = await open();
      await db.query(`update zendesk_sync.leases set token = token + 1, holder = 'other'`);
      await assert.rejects(readSpan(pull, { fetch, covered: [], maySplit: false }), {
        code: 'lease_lost',
      });
      const { outcome, error } = (await factsOf(reading)) as Record<string, unknown>;
      assert.deepEqual([outcome, error, await storedIds(reading)], [null, null, '']);
    });
  });
});

describe('a cursor that Zendesk refuses', () => {
  it('makes the span start again, once, and says so in the log', async () => {
    await withSpan(records(9), async (reading) => {
      const { pull, open, asked, log } = reading;
      refuseCursors(reading, 1);
      const { fetch } = await open();
      const result = await readSpan(pull, { fetch, covered: [], maySplit: true });
      assert.deepEqual(asked, ['4', '4 4', '4', '4 4', '4 8']);
      assert.deepEqual(
        [result.fetch.restarted, result.fetch.seen, result.fetch.new],
        [true, 13, 9],
      );
      const told = log.lines().filter(({ level }) => level === 'warn');
      assert.deepEqual(told, [
        {
          level: 'warn',
          account,
          stream: 'access_logs',
          fetch: fetch.fetch,
          code: 'cursor_refused',
          requestId: 'request-2',
          msg: 'the cursor did not work; the span is read again from its start',
        },
      ]);
    });
  });

  it('a second time ends the reading', async () => {
    await withSpan(records(9), async (reading) => {
      const { pull, open, asked } = reading;
      refuseCursors(reading, 2);
      const { fetch } = await open();
      await assert.rejects(readSpan(pull, { fetch, covered: [], maySplit: false }), {
        code: 'cursor_refused',
      });
      assert.deepEqual(asked, ['4', '4 4', '4', '4 4']);
      const { outcome, cursor, restarted } = (await factsOf(reading)) as Record<string, unknown>;
      assert.deepEqual([outcome, cursor, restarted], ['failed', null, true]);
    });
  });

  it('does not start the span again if it has started again before', async () => {
    await withSpan(records(9), async (reading) => {
      const { pull, open, asked } = reading;
      refuseCursors(reading, 1);
      const { fetch } = await open();
      const before = { ...fetch, restarted: true };
      await assert.rejects(readSpan(pull, { fetch: before, covered: [], maySplit: false }), {
        code: 'cursor_refused',
      });
      assert.deepEqual(asked, ['4', '4 4']);
    });
  });
});
