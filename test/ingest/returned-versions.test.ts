/** A record of which the answers show a version that was stored before: on two pages of a reading, or because it went back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const streams = ['audit_logs', 'access_logs'] as const;
type Stream = (typeof streams)[number];
const noon = Math.floor(Date.now() / 86_400_000) * 86_400 - 40 * 86_400 + 43_200;
const whole = { from: noon - 60, to: noon + 1200 };

function record(stream: Stream, number: number, words: string): RawRecord {
  const second = noon + number;
  const time = new Date(second * 1000).toISOString().replace('.000', '');
  const content =
    stream === 'audit_logs'
      ? { id: 1000 + number, created_at: time, change_description: words }
      : { id: `01M${number}`, timestamp: time, url: '/api/v2/users/7', origin_service: words };
  return { second, content: JSON.stringify(content) };
}

/** Nine records in pages of four; with two versions, the fourth record ends the first page and begins the second one. */
function list(stream: Stream, ...versions: readonly string[]): RawRecord[] {
  const usual = (numbers: readonly number[]): RawRecord[] =>
    numbers.map((number) => record(stream, number, 'usual'));
  return [
    ...usual([0, 1, 2]),
    ...versions.map((words) => record(stream, 3, words)),
    ...usual([4, 5, 6, 7, 8]),
  ];
}

async function withLog(
  stream: Stream,
  work: (read: (...versions: readonly string[]) => Promise<object>) => Promise<void>,
  pageSize = 4,
): Promise<void> {
  const server = await startRawLogServer();
  const pageSizes = { audit_logs: pageSize, access_logs: pageSize };
  const options = { origin: server.origin, rescanAges: [], pageSizes };
  try {
    await withInstallation({}, options, (installation) =>
      work((...versions) => readAndLook(server, installation, stream, versions)),
    );
  } finally {
    server.close();
  }
}

/** Reads the whole log, and says what was new and changed, what stands of the record, and all its revisions. */
async function readAndLook(
  server: RawLogServer,
  { worker, db }: Installation,
  stream: Stream,
  versions: readonly string[],
): Promise<object> {
  server.records[stream] = list(stream, ...versions);
  const { outcome, counts, error } = await worker(stream).read(whole, signal);
  assert.equal(outcome, 'complete', error);
  const words = stream === 'audit_logs' ? 'change_description' : 'origin_service';
  const id = stream === 'audit_logs' ? '1003' : '01M3';
  const rows = await db.query<{ words: string }>(
    `select ${words} as words from zendesk.${stream} where account = $1 and id::text = $2`,
    [account, id],
  );
  const revisions = await db.query<{ words: string }>(
    `select content ->> '${words}' as words from zendesk.revisions
     where account = $1 and stream = $2 and id = $3 order by revision`,
    [account, stream, id],
  );
  return {
    new: counts.new,
    changed: counts.changed,
    stands: rows.map((row) => row.words),
    revisions: revisions.map((row) => row.words),
  };
}

describe('two versions of a record on two pages', { concurrency: 2 }, () => {
  for (const stream of streams)
    it(`leave one revision, however often and in whatever order they come: ${stream}`, async () => {
      await withLog(stream, async (read) => {
        const settled = { changed: 0, stands: ['second'], revisions: ['first'] };
        assert.deepEqual(await read('first', 'second'), { new: 9, ...settled, changed: 1 });
        for (const versions of [
          ['first', 'second'],
          ['second', 'first'],
          ['second', 'first'],
          ['first', 'second'],
        ])
          assert.deepEqual(await read(...versions), { new: 0, ...settled });
        assert.deepEqual(await read('first', 'second', 'third'), {
          new: 0,
          changed: 1,
          stands: ['third'],
          revisions: ['first', 'second'],
        });
      });
    });

  it('on one page leave one revision, in whatever order they come', async () => {
    const inOnePage = 100;
    await withLog(
      'audit_logs',
      async (read) => {
        const settled = { changed: 0, stands: ['second'], revisions: ['first'] };
        assert.deepEqual(await read('first', 'second'), { new: 9, ...settled, changed: 1 });
        for (const versions of [
          ['second', 'first'],
          ['first', 'second'],
        ])
          assert.deepEqual(await read(...versions), { new: 0, ...settled });
      },
      inOnePage,
    );
  });
});

describe('a record that goes back to an earlier version', { concurrency: 2 }, () => {
  for (const [pages, pageSize] of [
    ['one page', 100],
    ['several pages', 4],
  ] as const)
    for (const stream of streams)
      it(`is changed each time: ${stream}, in ${pages}`, async () => {
        await withLog(
          stream,
          async (read) => {
            assert.deepEqual(await read('first'), {
              new: 9,
              changed: 0,
              stands: ['first'],
              revisions: [],
            });
            const revisions: string[] = [];
            for (const [former, now] of [
              ['first', 'second'],
              ['second', 'first'],
              ['first', 'second'],
            ] as const) {
              revisions.push(former);
              assert.deepEqual(await read(now), { new: 0, changed: 1, stands: [now], revisions });
              assert.deepEqual(await read(now), { new: 0, changed: 0, stands: [now], revisions });
            }
          },
          pageSize,
        );
      });

  for (const pageSize of [100, 4])
    it(`is changed, also if it comes twice in pages of ${pageSize}`, async () => {
      await withLog(
        'audit_logs',
        async (read) => {
          await read('first');
          await read('second');
          assert.deepEqual(await read('first', 'first'), {
            new: 0,
            changed: 1,
            stands: ['first'],
            revisions: ['first', 'second'],
          });
        },
        pageSize,
      );
    });

  it('is changed, also if two versions were on two pages before', async () => {
    await withLog('audit_logs', async (read) => {
      await read('first', 'second');
      assert.deepEqual(await read('first'), {
        new: 0,
        changed: 1,
        stands: ['first'],
        revisions: ['first', 'second'],
      });
    });
  });
});
