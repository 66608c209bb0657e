/** What the transaction of a page does and does not do, one page at a time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { loadCoverage, loadRescans } from '../../src/ingest/coverage.ts';
import { openFetch, type Fetch } from '../../src/ingest/fetch.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { askAboutRows } from '../../src/ingest/page-at-once.ts';
import { countUnclassified, readPage } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { PageEnd } from '../../src/ingest/page-to-store.ts';
import type { Spans } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const key = { account: 'acme', stream: 'access_logs' };
const span = { from: 0, to: 200_000 };
const more: PageEnd = { kind: 'more', nextCursor: 'next' };
const complete: PageEnd = {
  kind: 'complete',
  coverage: [span],
  rescans: [{ ageSeconds: 3600, span }],
};

const record = (id: string, second: number, members = {}): object => ({
  id,
  timestamp: new Date(second * 1000).toISOString(),
  url: '/api/v2/tickets/1',
  method: 'GET',
  status: 200,
  ...members,
});

/** A fetch of the access log with its lease, and what stores pages of it. */
async function withFetch(
  work: (given: {
    readonly db: Database;
    readonly lease: Lease;
    readonly fetch: Fetch;
    readonly store: (
      fetch: Fetch,
      records: readonly object[],
      end?: PageEnd,
      covered?: Spans,
    ) => ReturnType<typeof storePage>;
  }) => Promise<void>,
): Promise<void> {
  await withLedger(async (db) => {
    const lease = await takeLease(db, accessLogs);
    const { fetch } = await openFetch(db, lease, { kind: 'backfill', span, pageSize: 100 });
    const ensurePartitions = createPartitionKeeper(db);
    await work({
      db,
      lease,
      fetch,
      store: (of, records, end = more, covered = []) =>
        storePage({ db, ensurePartitions }, lease, accessLogs, toStore(of, records, end, covered)),
    });
  });
}

function toStore(fetch: Fetch, records: readonly object[], end: PageEnd, covered: Spans = []) {
  const read = readPage(accessLogs, usualClassify, {
    records,
    originals: () => [],
    lossy: new Set(),
  });
  return { ...read, fetch, pageSize: 100, askedAt: 300_000, covered, end };
}

const staleDays = async (db: Database): Promise<string[]> =>
  (
    await db.query<{ day: string }>(
      'delete from zendesk_sync.stale_days returning day::text as day',
    )
  )
    .map(({ day }) => day)
    .toSorted();
const storedIds = async (db: Database): Promise<string[]> =>
  (await db.query<{ id: string }>('select id from zendesk.access_logs order by id')).map(
    ({ id }) => id,
  );

describe('a page that is stored', () => {
  it('has the days of its rows counted again when one is new or changed, and otherwise not', async () => {
    await withFetch(async ({ db, fetch, store }) => {
      const first = await store(fetch, [record('a', 100), record('b', 100_000)]);
      assert.deepEqual(await staleDays(db), ['1970-01-01', '1970-01-02']);
      const again = await store(first.fetch, [record('a', 100), record('b', 100_000)]);
      assert.deepEqual(await staleDays(db), []);
      const third = await store(again.fetch, [record('a', 100, { status: 404 })]);
      assert.deepEqual(third.counts, { new: 0, changed: 1, late: 0 });
      assert.deepEqual(await staleDays(db), ['1970-01-01']);
      assert.deepEqual(
        [third.fetch.pages, third.fetch.seen, third.fetch.new, third.fetch.changed],
        [3, 5, 2, 1],
      );
    });
  });

  it('counts records in quarantine as seen, because they cannot be read or because Postgres refuses them', async () => {
    await withFetch(async ({ db, fetch, store }) => {
      const records = ['a', 'b', 'c', 'd'].map((id, second) => record(id, second));
      const unread = { ...record('e', 5), timestamp: 'yesterday' };
      const { fetch: done, quarantined } = await store(fetch, [...records, unread]);
      assert.deepEqual([done.seen, done.new, quarantined.length], [5, 4, 1]);
      await db.query(
        `alter table zendesk.access_logs add constraint no_teapots check (status <> 418) not valid`,
      );
      const refused = records.map((one, index) =>
        index === 1 ? { ...one, id: 'f', status: 418 } : { ...one, id: `g${index}` },
      );
      const next = await store(done, refused);
      assert.deepEqual(next.counts, { new: 3, changed: 0, late: 0 });
      assert.deepEqual([next.fetch.seen, next.quarantined.length], [9, 1]);
      assert.deepEqual(await storedIds(db), ['a', 'b', 'c', 'd', 'g0', 'g2', 'g3']);
    });
  });

  it('is stored although its partition was removed since this process last saw it, and quarantined when that happens again and again', async () => {
    await withFetch(async ({ db, lease, fetch, store }) => {
      const { fetch: next } = await store(fetch, [record('a', 100)]);
      await db.query('drop table zendesk_partitions.access_logs_1970_01');
      const again = await store(next, [record('b', 200)]);
      assert.deepEqual(await storedIds(db), ['b']);
      const looks: boolean[] = [];
      const ensure = createPartitionKeeper(db);
      const goes = {
        db,
        async ensurePartitions(...[table, moments, looksAgain = false]: Parameters<typeof ensure>) {
          looks.push(looksAgain);
          await ensure(table, moments, looksAgain);
          await db.query('drop table zendesk_partitions.access_logs_1970_01');
        },
      };
      const page = toStore(again.fetch, [record('c', 300)], more);
      const { quarantined } = await storePage(goes, lease, accessLogs, page);
      assert.equal(quarantined.length, 1);
      assert.deepEqual(await storedIds(db), []);
      assert.deepEqual(looks, [false, true, true, true]);
    });
  });

  it('covers nothing that was lost after its fetch was opened', async () => {
    await withFetch(async ({ db, fetch, store }) => {
      await db.query(
        `insert into zendesk_sync.coverage_losses
           (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, last_fetch)
         values ('acme', 'access_logs', to_timestamp(1000), to_timestamp(2000), to_timestamp(2000), 1, 0, 'rows_missing', $1)`,
        [fetch.fetch],
      );
      await store(fetch, [record('a', 100)], complete);
      const left = [
        { from: 0, to: 1000 },
        { from: 2000, to: 200_000 },
      ];
      assert.deepEqual(await loadCoverage(db, key), left);
      assert.deepEqual((await loadRescans(db, key)).get(3600), left);
    });
  });
});

describe('the fetch of a page that is stored', () => {
  it('stays open while more follow, and ends with its last page, when that began to be stored', async () => {
    await withFetch(async ({ db, fetch, store }) => {
      const facts = () =>
        db.query(
          `select pages, cursor, asked_at = to_timestamp(300000) as asked, outcome,
             ended_at between started_at and clock_timestamp() as ended
           from zendesk_sync.fetches`,
        );
      const { fetch: next } = await store(fetch, [record('a', 100)]);
      assert.deepEqual(await facts(), [
        { pages: 1, cursor: 'next', asked: true, outcome: null, ended: null },
      ]);
      await store(next, [record('b', 200)], complete);
      assert.deepEqual(await facts(), [
        { pages: 2, cursor: null, asked: true, outcome: 'complete', ended: true },
      ]);
    });
  });

  it('leaves a manifest with the tags of its rows for each page, and none of rows without tags', async () => {
    await withFetch(async ({ db, fetch, store }) => {
      const { fetch: next } = await store(fetch, [record('a', 100), record('b', 200)]);
      await store(next, [], complete);
      const noted = await db.query(
        `select account, stream, (manifest::jsonb -> 'page')::integer as page, octet_length(tags) as tags
         from zendesk_evidence.pending order by id`,
      );
      assert.deepEqual(noted, [
        { account: 'acme', stream: 'access_logs', page: 1, tags: 1 },
        { account: 'acme', stream: 'access_logs', page: 2, tags: null },
      ]);
    });
  });
});

describe('a page of which no row is stored', () => {
  it('is asked about together with the fence, unless its rows are out of order or were seen with other times', () => {
    const asked = (records: readonly object[], { seals = true, seen = false } = {}): number => {
      const { rows } = toStore({} as Fetch, records, more);
      const formers = seen ? { formers: new Map(rows.map((row) => [row, 0])) } : {};
      return askAboutRows(accessLogs, 'acme', { rows, ...formers }, seals).length;
    };
    const [a, b] = [record('a', 100), record('b', 200)];
    assert.deepEqual([asked([a, b]), asked([a, b], { seals: false })], [2, 1]);
    assert.deepEqual(
      [asked([]), asked([b, a]), asked([a, a]), asked([a], { seen: true })],
      [0, 0, 0, 0],
    );
    assert.equal(asked([a, record('a', 300)]), 0);
  });

  it('has no records for the quarantine, and leaves a manifest only where the log is sealed', async () => {
    await withFetch(async ({ db, lease, fetch }) => {
      const store = (
        of: Fetch,
        stream: LogStream,
        seals: boolean,
        records: readonly object[],
        end: PageEnd = more,
      ) =>
        storePage(
          { db, ensurePartitions: createPartitionKeeper(db), seals },
          lease,
          stream,
          toStore(of, records, end),
        );
      const left = () =>
        db.query(
          `select (select count(*)::integer from zendesk_evidence.pending) as manifests,
             (select count(*)::integer from zendesk_evidence.person_keys) as keys`,
        );
      const [before] = await left();
      const first = await store(fetch, accessLogs, false, [record('a', 100, { user_id: 7 })]);
      assert.deepEqual(first.quarantined, []);
      // A log without rollups has no days to mark.
      const bare = { ...accessLogs, rollups: [] };
      const second = await store(first.fetch, bare, false, [record('b', 200)]);
      const last = await store(second.fetch, accessLogs, false, [record('c', 300)], complete);
      assert.deepEqual([last.quarantined, last.counts.new], [[], 1]);
      assert.deepEqual(await left(), [before]);
      assert.deepEqual(await storedIds(db), ['a', 'b', 'c']);
    });
  });
});

describe('a page whose fetch has another position', () => {
  const elsewhere: readonly [string, string][] = [
    ['behind, because pages were lost', 'pages = 0, cursor = null'],
    ['further', 'pages = 2'],
    ['at another cursor', `pages = 2, cursor = 'other'`],
    ['in the hands of another reader', 'mark = gen_random_uuid()'],
    ['at its end', `pages = 2, cursor = 'next', outcome = 'failed'`],
  ];
  for (const [where, change] of elsewhere)
    it(`is not stored: ${where}`, async () => {
      await withFetch(async ({ db, fetch, store }) => {
        const { fetch: next } = await store(fetch, [record('a', 100)]);
        const page = [record('b', 200)];
        await db.query(`update zendesk_sync.fetches set ${change}`);
        // A fetch two pages further at the cursor of this page means that this page was stored before.
        const end: PageEnd = where === 'further' ? complete : more;
        await assert.rejects(store(next, page, end), { code: 'history_changed' });
        assert.deepEqual(await storedIds(db), ['a']);
        assert.deepEqual(await loadCoverage(db, key), []);
      });
    });

  it('is not stored: it no longer exists, and its number belongs to another one', async () => {
    await withFetch(async ({ db, lease, fetch, store }) => {
      await db.query('delete from zendesk_sync.fetches');
      await openFetch(db, lease, { kind: 'backfill', span, pageSize: 100 });
      await db.query('update zendesk_sync.fetches set id = $1', [fetch.fetch]).catch(() => {});
      await assert.rejects(store(fetch, [record('a', 100)]), { code: 'history_changed' });
      assert.deepEqual(await storedIds(db), []);
    });
  });

  it('counts as stored if it is the same page, whose COMMIT had no answer', async () => {
    await withFetch(async ({ db, fetch, store }) => {
      const { fetch: next } = await store(fetch, [record('a', 100)]);
      const last = [record('b', 200), record('c', 300)];
      const once = await store(next, last, complete);
      await db.query('delete from zendesk_sync.coverage');
      assert.deepEqual(await store(next, last, complete), once);
      assert.deepEqual(once.counts, { new: 2, changed: 0, late: 0 });
      assert.deepEqual(
        await loadCoverage(db, key),
        [],
        'what was covered then is not covered again',
      );
    });
  });
});

describe('a fetch', () => {
  it('adds up the counts of its pages, also when a page is stored a second time', async () => {
    await withFetch(async ({ fetch, store }) => {
      const { fetch: first } = await store(fetch, [record('a', 100)], more, [span]);
      assert.deepEqual(
        [first.cursor, first.pages, first.new, first.changed, first.late],
        ['next', 1, 1, 0, 1],
      );
      const changed = record('a', 100, { status: 404 });
      const { fetch: second } = await store(first, [changed, record('b', 200)], more, [span]);
      const page = [record('a', 100, { status: 500 }), record('c', 300)];
      const third = await store(second, page, more, [span]);
      assert.deepEqual(third.counts, { new: 1, changed: 1, late: 1 });
      assert.deepEqual([third.fetch.new, third.fetch.changed, third.fetch.late], [3, 2, 3]);
      assert.deepEqual(await store(second, page, more, [span]), third);
      const last = await store(third.fetch, [], complete);
      assert.equal(last.fetch.cursor, undefined);
    });
  });
});

describe('the rows that no rule matches', () => {
  it('are counted in a log that is classified, and in no other', () => {
    const { rows } = toStore(
      {} as Fetch,
      [record('a', 1), record('b', 2, { url: '/x/y/z' })],
      more,
    );
    assert.equal(countUnclassified(accessLogs, rows), 1);
    assert.equal(countUnclassified(auditLogs, rows), undefined);
  });
});
