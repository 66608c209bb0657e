/** One id with the same time twice in a page, with different contents. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const streams = ['audit_logs', 'access_logs'] as const;
type Stream = (typeof streams)[number];
const columns = {
  audit_logs: { time: 'created_at', words: 'change_description' },
  access_logs: { time: 'timestamp', words: 'origin_service' },
};

const noon = Math.floor(Date.now() / 86_400_000) * 86_400 - 40 * 86_400 + 43_200;
const whole = { from: noon - 60, to: noon + 1200 };

function record(stream: Stream, number: number, words: string, fraction = ''): RawRecord {
  const second = noon + number;
  const time = new Date(second * 1000).toISOString().replace('.000', fraction);
  const content =
    stream === 'audit_logs'
      ? { id: 1000 + number, created_at: time, action: 'update', change_description: words }
      : {
          id: `01M${String(number).padStart(5, '0')}`,
          timestamp: time,
          status: 200,
          url: '/api/v2/users/7',
          origin_service: words,
        };
  return { second, content: JSON.stringify(content) };
}

async function withLogs(
  pageSize: number,
  work: (server: RawLogServer, installation: Installation) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  const pageSizes = { audit_logs: Math.min(100, pageSize), access_logs: pageSize };
  try {
    await withInstallation(
      {},
      { origin: server.origin, rescanAges: [], pageSizes },
      (installation) => work(server, installation),
    );
  } finally {
    server.close();
  }
}

async function read({ worker }: Installation, stream: Stream): Promise<object> {
  const { outcome, counts, error } = await worker(stream).read(whole, signal);
  assert.equal(outcome, 'complete', error);
  return { new: counts.new, changed: counts.changed };
}

/** The row of record number 3 and its revisions, and how many rows there are, by the table and the ledger. */
async function stored({ db }: Installation, stream: Stream): Promise<object> {
  const { words } = columns[stream];
  const id = stream === 'audit_logs' ? '1003' : '01M00003';
  const rows = await db.query<{ words: string }>(
    `select ${words} as words from zendesk.${stream} where account = $1 and id::text = $2`,
    [account, id],
  );
  const revisions = await db.query<{ words: string }>(
    `select content ->> '${words}' as words from zendesk.revisions where account = $1 and stream = $2 and id = $3 order by revision`,
    [account, stream, id],
  );
  const [all] = await db.query<{ held: number; said: number; derived: number }>(
    `select (select count(*) from zendesk.${stream})::integer as held,
       (select sum(rows) from zendesk_sync.stored_rows where stream = $1)::integer as said,
       (select count(*) from zendesk.access_log_resources)::integer as derived`,
    [stream],
  );
  return {
    rows: rows.map((row) => row.words),
    revisions: revisions.map((row) => row.words).toSorted(),
    ...all,
  };
}

describe('a record that is twice in a page with the same time', { concurrency: 2 }, () => {
  const sizes = [
    ['few', 12, 100],
    ['so many that they are copied', 900, 1000],
  ] as const;
  for (const stream of streams)
    for (const [many, others, pageSize] of sizes)
      it(`is the later one, and the other is a revision once: ${stream}, ${many}`, async () => {
        await withLogs(pageSize, async (server, installation) => {
          const usual = Array.from({ length: others }, (_, number) =>
            record(stream, number, 'first'),
          );
          const double = (...words: readonly string[]): RawRecord[] => [
            ...usual.slice(0, 4),
            ...words.map((one) => record(stream, 3, one)),
            ...usual.slice(4),
          ];
          server.records[stream] = double('second');
          assert.deepEqual(await read(installation, stream), { new: others, changed: 1 });
          const derived = stream === 'access_logs' ? others : 0;
          const all = { held: others, said: others, derived };
          const once = { rows: ['second'], revisions: ['first'], ...all };
          assert.deepEqual(await stored(installation, stream), once);

          for (let turn = 0; turn < 2; turn += 1) {
            assert.deepEqual(await read(installation, stream), { new: 0, changed: 0 });
            assert.deepEqual(await stored(installation, stream), once);
          }
          server.records[stream] = double('second', 'second', 'third', 'second', 'fourth');
          assert.deepEqual(await read(installation, stream), { new: 0, changed: 2 });
          const thrice = { rows: ['fourth'], revisions: ['first', 'second', 'third'], ...all };
          assert.deepEqual(await stored(installation, stream), thrice);
          assert.deepEqual(await read(installation, stream), { new: 0, changed: 0 });
          assert.deepEqual(await stored(installation, stream), thrice);
        });
      });

  for (const stream of streams)
    it(`leaves no revision when both have the same content: ${stream}`, async () => {
      await withLogs(100, async (server, installation) => {
        server.records[stream] = [3, 3, 4].map((number) => record(stream, number, 'first'));
        assert.deepEqual(await read(installation, stream), { new: 2, changed: 0 });
        const derived = stream === 'access_logs' ? 2 : 0;
        const all = { held: 2, said: 2, derived };
        assert.deepEqual(await stored(installation, stream), {
          rows: ['first'],
          revisions: [],
          ...all,
        });
      });
    });

  for (const stream of streams)
    it(`is the one with more microseconds if only these differ: ${stream}`, async () => {
      await withLogs(100, async (server, installation) => {
        server.records[stream] = [
          record(stream, 3, 'earlier', '.000001'),
          record(stream, 3, 'later', '.000009'),
          record(stream, 3, 'between', '.000005'),
        ];
        assert.deepEqual(await read(installation, stream), { new: 1, changed: 2 });
        const derived = stream === 'access_logs' ? 1 : 0;
        const once = {
          rows: ['later'],
          revisions: ['between', 'earlier'],
          held: 1,
          said: 1,
          derived,
        };
        assert.deepEqual(await stored(installation, stream), once);
        assert.deepEqual(await read(installation, stream), { new: 0, changed: 0 });
        assert.deepEqual(await stored(installation, stream), once);
      });
    });

  for (const stream of streams)
    it(`is the later one, also beside a record that Postgres refuses: ${stream}`, async () => {
      await withLogs(100, async (server, installation) => {
        const { db } = installation;
        const { words } = columns[stream];
        // An example of every value that a table may refuse.
        await db.query(
          `create function zendesk.too_large(value text) returns integer language sql immutable as $$ select case when value = 'poison' then 2147483647 + length(value) end $$`,
        );
        await db.query(`create index on zendesk.${stream} (zendesk.too_large(${words}))`);
        server.records[stream] = [
          ...[0, 1, 2, 3].map((number) => record(stream, number, 'first')),
          record(stream, 8, 'poison'),
          record(stream, 3, 'second'),
        ];
        assert.deepEqual(await read(installation, stream), { new: 4, changed: 1 });
        const held = await db.query('select code from zendesk_sync.quarantine');
        assert.deepEqual(held, [{ code: 'record_refused' }]);
        assert.deepEqual(await read(installation, stream), { new: 0, changed: 0 });
        assert.deepEqual(await stored(installation, stream), {
          rows: ['second'],
          revisions: ['first'],
          held: 4,
          said: 4,
          derived: stream === 'access_logs' ? 4 : 0,
        });
      });
    });
});
