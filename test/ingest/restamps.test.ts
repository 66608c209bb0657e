import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { listFetches, statusOf } from '../support/ledger-facts.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const logs = { audit_logs: auditLogs, access_logs: accessLogs };
type LogName = keyof typeof logs;
const names = Object.keys(logs) as LogName[];
const timeOf = { audit_logs: 'created_at', access_logs: 'timestamp' };

const day = 86_400;
const noon = Math.floor(Date.now() / 1000 / day) * day - 40 * day + day / 2;
/** Everything that the server of raw records has, whatever its time stamps: one span, read in pages of five. */
const whole = { from: noon - 60, to: noon + 60 };

const moment = (second: number): string => new Date(second * 1000).toISOString();

/** A record that is sent with those of `filedAt`, with the time stamp `stamp`, both in seconds. */
function record(
  stream: LogName,
  number: number,
  filedAt: number,
  stamp: number | string = filedAt,
  words = 'first',
): RawRecord {
  const time = typeof stamp === 'number' ? moment(stamp) : stamp;
  const content =
    stream === 'audit_logs'
      ? { id: 1000 + number, created_at: time, action: 'update', change_description: words }
      : { id: `01M${number}`, timestamp: time, status: 200, url: `/api/v2/users/7?${words}` };
  return { second: filedAt, content: JSON.stringify(content) };
}

type Row = { readonly id: string; readonly at: string; readonly words: string };
type Stored = { readonly rows: readonly Row[]; readonly revisions: readonly Row[] };

const idOf = (stream: LogName, number: number): string =>
  stream === 'audit_logs' ? `${1000 + number}` : `01M${number}`;
const row = (stream: LogName, number: number, stamp: number, words = 'first'): Row => ({
  id: idOf(stream, number),
  at: moment(stamp),
  words,
});

/** The ids of the requests without derived rows; fails if there are derived rows of a missing request. */
async function listBare({ db }: Installation): Promise<string[]> {
  const unmatched = await db.query<{ id: string | null }>(
    `select l.id from zendesk.access_logs l
     full join (select * from zendesk.access_log_resources where position = 0) r
       on r.account = l.account and r.timestamp = l.timestamp and r.access_log_id = l.id
     where l.id is null or r.position is null order by l.id`,
  );
  return unmatched.map(({ id }) => id ?? assert.fail('derived from a request that is not there'));
}

/** Rows and revisions with their times; fails unless the counts of the ledger, what is derived, and the rollups agree with them.
 * `bare`: the requests from which nothing is derived. It leaves out those that came after the test's own. */
async function loadStored(
  installation: Installation,
  stream: LogName,
  bare: readonly string[] = [],
  own?: ReadonlySet<string>,
): Promise<Stored> {
  const { db, worker } = installation;
  const time = timeOf[stream];
  const words = stream === 'audit_logs' ? 'change_description' : 'url';
  const exact = `to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;
  const cut = `regexp_replace(words, '^.*[?]', '') as words`;
  const rows = await db.query<Row>(
    `select id::text as id, ${exact}, ${cut}
     from (select id, ${time} as at, ${words} as words from zendesk.${stream} where account = $1) as r order by r.at, id`,
    [account],
  );
  const revisions = await db.query<Row>(
    `select id, ${exact}, ${cut}
     from (select revision, id, occurred_at as at, content ->> '${words}' as words from zendesk.revisions
           where account = $1 and stream = $2 and (content ->> '${time}')::timestamptz = occurred_at) as r
     order by revision`,
    [account, stream],
  );
  // The end of a run compares the counts with the tables.
  assert.equal((await worker(stream).follow(signal)).outcome, 'complete');
  const days = `select ((${time} at time zone 'UTC')::date)::text as day, count(*)::integer as rows from zendesk.${stream} group by 1 order by 1`;
  const counted = await db.query(days);
  assert.deepEqual(
    await db.query(
      `select day::text as day, rows::integer as rows from zendesk_sync.stored_days where stream = $1 order by day`,
      [stream],
    ),
    counted,
    'the counts of the ledger',
  );
  assert.deepEqual(await db.query('select * from zendesk_sync.coverage_losses'), []);
  assert.deepEqual((await statusOf(db, stream)).losses, []);
  await refreshRollups(db, account, Object.values(logs));
  if (stream === 'access_logs') {
    const found = await listBare(installation);
    assert.deepEqual(
      found.filter((id) => own?.has(id) ?? true),
      bare,
      'what the requests were about',
    );
    assert.deepEqual(
      await db.query(
        'select day::text as day, sum(requests)::integer as rows from zendesk.agent_day group by day order by day',
      ),
      counted,
      'the rollups',
    );
  }
  return { rows, revisions };
}

type Work = (server: RawLogServer, installation: Installation) => Promise<void>;

/** Five records a page; the one that comes back is number 500. */
async function withRawLogs(work: Work, report?: (event: SyncEvent) => void): Promise<void> {
  const server = await startRawLogServer();
  const pageSizes = { audit_logs: 5, access_logs: 5 };
  const settings = { origin: server.origin, rescanAges: [], pageSizes, ...(report && { report }) };
  try {
    await withInstallation({}, settings, (installation) => work(server, installation));
  } finally {
    server.close();
  }
}

const others = (stream: LogName): RawRecord[] =>
  Array.from({ length: 12 }, (_, number) => record(stream, number, noon + number));
const otherRows = (stream: LogName): Row[] =>
  Array.from({ length: 12 }, (_, number) => row(stream, number, noon + number));

async function read({ worker }: Installation, stream: LogName): Promise<object> {
  const { outcome, counts, error } = await worker(stream).read(whole, signal);
  assert.equal(outcome, 'complete', error);
  return { new: counts.new, changed: counts.changed };
}

const byTime = (rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));

describe('a record that comes back with another time stamp', { concurrency: 2 }, () => {
  /** The positions of the record, in order, and its time stamps. */
  const comebacks: Readonly<Record<string, readonly (readonly [filed: number, stamp: number])[]>> =
    {
      'in the next second': [
        [0, 0],
        [8, 1],
      ],
      'on another day': [
        [0, 0],
        [8, day],
      ],
      'in another partition': [
        [0, 0],
        [11, 35 * day],
      ],
      'with an earlier time': [
        [0, 35 * day],
        [8, 2 * day],
      ],
      'with a fraction, in the same page': [
        [0, 0],
        [0, 0.5],
      ],
      'without its fraction, in the same page': [
        [0, 0.5],
        [0, 0],
      ],
      'on another day, in the same page': [
        [0, 0],
        [0, day],
      ],
      'three times': [
        [0, 5 * day],
        [5, 2 * day],
        [11, 33 * day],
      ],
      'three times, twice of them in one page': [
        [0, 0],
        [11, 33 * day],
        [11, 5 * day],
      ],
    };
  for (const stream of names)
    for (const [how, places] of Object.entries(comebacks))
      it(`${how} within one reading is one row with the later time: ${stream}`, async () => {
        await withRawLogs(async (server, installation) => {
          const stamps = places.map(([, stamp]) => noon + stamp);
          const newest = stamps.indexOf(Math.max(...stamps));
          const came = places.map(([filed, stamp], turn) =>
            record(stream, 500, noon + filed, noon + stamp, `turn-${turn}`),
          );
          server.records[stream] = [...others(stream), ...came];
          assert.deepEqual(await read(installation, stream), {
            new: 13,
            changed: places.length - 1,
          });
          const rows = byTime([
            ...otherRows(stream),
            row(stream, 500, stamps[newest] ?? 0, `turn-${newest}`),
          ]);
          const expected = stamps
            .map((stamp, turn) => row(stream, 500, stamp, `turn-${turn}`))
            .filter((_, turn) => turn !== newest);
          const stored = await loadStored(installation, stream);
          assert.deepEqual(stored.rows, rows);
          assert.deepEqual(byTime(stored.revisions), byTime(expected));
          // The source still has both: another reading changes nothing.
          await read(installation, stream);
          assert.deepEqual(await loadStored(installation, stream), stored);
        });
      });

  for (const stream of names)
    it(`is one row when Zendesk begins to send milliseconds, and when it stops: ${stream}`, async () => {
      await withRawLogs(async (server, installation) => {
        const send = (digits: string, words = 'first'): void => {
          server.records[stream] = others(stream).map(({ second }, number) =>
            record(stream, number, second, moment(second).replace('.000', digits), words),
          );
        };
        send('');
        assert.deepEqual(await read(installation, stream), { new: 12, changed: 0 });
        const before = await loadStored(installation, stream);
        assert.deepEqual(before, { rows: otherRows(stream), revisions: [] });

        send('.25');
        assert.deepEqual(await read(installation, stream), { new: 0, changed: 12 });
        const after = await loadStored(installation, stream);
        const fine = otherRows(stream).map((one) => ({
          ...one,
          at: one.at.replace('.000', '.250'),
        }));
        assert.deepEqual(after, { rows: fine, revisions: before.rows });
        assert.deepEqual(await read(installation, stream), { new: 0, changed: 0 });

        send('');
        assert.deepEqual(await read(installation, stream), { new: 0, changed: 0 });
        assert.deepEqual(await loadStored(installation, stream), after);

        send('', 'second');
        assert.deepEqual(await read(installation, stream), { new: 0, changed: 12 });
        assert.deepEqual(await loadStored(installation, stream), {
          rows: fine.map((one) => ({ ...one, words: 'second' })),
          revisions: [...before.rows, ...fine],
        });
      });
    });

  for (const stream of names)
    it(`after the reading was stopped in between is one row: ${stream}`, async () => {
      let stop: AbortController | undefined = new AbortController();
      const report = (event: SyncEvent): void => {
        if (event.type === 'page' && event.stream === stream) stop?.abort();
      };
      await withRawLogs(async (server, installation) => {
        server.records[stream] = [
          ...others(stream),
          record(stream, 500, noon, noon, 'former'),
          record(stream, 500, noon + 8, noon + 30 * day, 'latter'),
        ];
        const { worker, db } = installation;
        assert.equal((await worker(stream).read(whole, stop!.signal)).outcome, 'interrupted');
        const [half] = await listFetches(db, stream);
        assert.deepEqual([half?.pages, half?.new], [1, 5], 'stopped behind the first page');
        stop = undefined;
        await pullCompletely(installation, stream);
        assert.deepEqual(await loadStored(installation, stream), {
          rows: byTime([...otherRows(stream), row(stream, 500, noon + 30 * day, 'latter')]),
          revisions: [row(stream, 500, noon, 'former')],
        });
      }, report);
    });

  it('is one row for copied pages: all time stamps of an account begin to have milliseconds', async () => {
    const settings = { accessLogDays: 1, accessLogRowsPerDay: 3000, auditLogDays: 0 };
    await withInstallation(settings, { rescanAges: [] }, async (installation) => {
      const { simulator, db, worker } = installation;
      const stream = 'access_logs';
      await pullCompletely(installation, stream);
      const bare = await listBare(installation);
      const before = await db.query<{ id: string; at: string }>(
        `select id, to_char((timestamp + interval '250 ms') at time zone 'UTC', 'HH24:MI:SS.MS') as at
         from zendesk.access_logs order by timestamp, id`,
      );
      const now = Math.floor(simulator.now() / 1000);
      const span = { from: now - 23 * 3600, to: now - 3600 };
      simulator.addFault({ kind: 'restamped', stream, times: Infinity });
      const { counts } = await worker(stream).read(span, signal);
      assert.ok(counts.changed > 1000);
      assert.deepEqual([counts.new, counts.late], [0, 0]);
      const again = await worker(stream).read(span, signal);
      assert.deepEqual([again.counts.new, again.counts.changed], [0, 0]);
      const after = await db.query<{ id: string; at: string }>(
        `select id, to_char(timestamp at time zone 'UTC', 'HH24:MI:SS.MS') as at from zendesk.access_logs
         where extract(milliseconds from timestamp)::integer % 1000 = 250 order by timestamp, id`,
      );
      const restamped = new Set(after.map(({ id }) => id));
      assert.equal(restamped.size, counts.changed);
      assert.deepEqual(
        after,
        before.filter(({ id }) => restamped.has(id)),
      );
      const [all] = await db.query(
        'select count(*)::integer as rows, count(distinct id)::integer as ids, (select count(*)::integer from zendesk.revisions) as revisions from zendesk.access_logs',
      );
      assert.deepEqual(all, {
        rows: before.length,
        ids: before.length,
        revisions: counts.changed,
      });
      simulator.clearFaults();
      assert.deepEqual((await worker(stream).read(span, signal)).counts.changed, 0);
      // The clock of the account continues, and its newest requests are read too.
      await loadStored(installation, stream, bare, new Set(before.map(({ id }) => id)));
    });
  });
});
