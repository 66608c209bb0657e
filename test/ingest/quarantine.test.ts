import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { statusOf } from '../support/ledger-facts.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const logs = ['audit_logs', 'access_logs'] as const;
type LogName = (typeof logs)[number];

const daySeconds = 86_400;
const now = Math.floor(Date.now() / 1000);
/** A day that is covered without question, and whose partition is another one than today's, in both logs. */
const noon = now - 40 * daySeconds;

const moment = (second: number): string => `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;

/** A sound record, or one with other members; a member is text of JSON. */
function render(
  stream: LogName,
  number: number,
  second: number,
  members: Readonly<Record<string, string>> = {},
): string {
  const own =
    stream === 'audit_logs'
      ? { id: `${1000 + number}`, created_at: `"${moment(second)}"`, action: '"update"' }
      : { id: `"01M${number}"`, timestamp: `"${moment(second)}"`, status: '200' };
  const all: Readonly<Record<string, string>> = { ...own, ...members };
  return `{${Object.entries(all)
    .map(([name, json]) => `"${name}" : ${json}`)
    .join(', ')}}`;
}

function soundRecords(stream: LogName, count: number): RawRecord[] {
  return Array.from({ length: count }, (_, number) => ({
    second: noon + number,
    content: render(stream, number, noon + number),
  }));
}

type Work = (server: RawLogServer, installation: Installation) => Promise<void>;

async function withRawLogs(work: Work): Promise<void> {
  const server = await startRawLogServer();
  try {
    await withInstallation({}, { origin: server.origin, rescanAges: [] }, (installation) =>
      work(server, installation),
    );
  } finally {
    server.close();
  }
}

type QuarantineRow = {
  readonly content: Buffer;
  readonly reason: string;
  readonly code: string;
  readonly record_id: string | null;
  readonly times_seen: number;
};

const listQuarantine = ({ db }: Installation): Promise<QuarantineRow[]> =>
  db.query<QuarantineRow>(
    `select content, reason, code, record_id, times_seen from zendesk_sync.quarantine where account = $1 order by id`,
    [account],
  );

async function pull({ worker }: Installation, stream: LogName): Promise<void> {
  const followed = await worker(stream).follow(signal);
  assert.equal(followed.outcome, 'complete', followed.error);
  const filled = await worker(stream).fill(signal);
  assert.equal(filled?.outcome ?? 'complete', 'complete', filled?.error);
}

/** Records that cannot be stored, by what is wrong with them. */
const poison = (stream: LogName): Readonly<Record<string, string>> => {
  const time = stream === 'audit_logs' ? 'created_at' : 'timestamp';
  return {
    'has no id': render(stream, 500, noon, { id: 'null' }),
    'has an object for an id': render(stream, 500, noon, { id: '{"of":[1]}' }),
    'has no time': render(stream, 500, noon, { [time]: 'null' }),
    'has words for a time': render(stream, 500, noon, { [time]: '"yesterday"' }),
    'has a time without a zone': render(stream, 500, noon, { [time]: '"2026-05-05T10:00:00"' }),
    'is of the year 0000': render(stream, 500, noon, { [time]: '"0000-03-01T00:00:00Z"' }),
    'is of the 30th of February': render(stream, 500, noon, { [time]: '"2026-02-30T00:00:00Z"' }),
    'is a text': '"a text with \\"quotes\\", ] and } in it"',
    'is null': 'null',
    'is a list': '[1, [2, "]"]]',
  };
};

describe('a record that cannot be stored', { concurrency: 3 }, () => {
  for (const stream of logs)
    for (const [what, content] of Object.entries(poison(stream)))
      it(`because it ${what} costs no other: ${stream}`, async () => {
        await withRawLogs(async (server, installation) => {
          const { db } = installation;
          const sound = soundRecords(stream, 5);
          for (const place of [0, 2, 5]) {
            const records = sound.toSpliced(place, 0, {
              second: sound[Math.min(place, 4)]?.second ?? noon,
              content,
            });
            server.records[stream] = records;
            await db.query(`delete from zendesk.${stream}`);
            await db.query('delete from zendesk_sync.coverage');
            await db.query('delete from zendesk_sync.quarantine');
            await pull(installation, stream);
            const [stored] = await db.query<{ rows: number }>(
              `select count(*)::integer as rows from zendesk.${stream}`,
            );
            assert.equal(stored?.rows, 5, `the others, with it in place ${place}`);
            const kept = await listQuarantine(installation);
            assert.deepEqual(
              kept.map((row) => row.content.toString()),
              [content],
            );
            assert.equal(kept[0]?.code, 'record_unreadable');
            const status = await statusOf(db, stream);
            assert.deepEqual(
              { state: status.state, gaps: status.gaps, quarantined: status.quarantined },
              { state: 'ok', gaps: 0, quarantined: 1 },
            );
          }
        });
      });

  it('is one row of the quarantine however often it comes', async () => {
    await withRawLogs(async (server, installation) => {
      const bad = render('audit_logs', 7, noon, { created_at: 'null' });
      server.records.audit_logs = [
        ...soundRecords('audit_logs', 3),
        { second: noon, content: bad },
        { second: noon + 1, content: bad },
      ];
      await pull(installation, 'audit_logs');
      const [first] = await listQuarantine(installation);
      const span = { from: noon - 10, to: noon + 10 };
      const again = await installation.worker('audit_logs').read(span, signal);
      assert.equal(again.outcome, 'complete', again.error);
      const kept = await listQuarantine(installation);
      assert.deepEqual(kept, [{ ...first, times_seen: (first?.times_seen ?? 0) + 1 }]);
      assert.equal(kept[0]?.record_id, '1007');
      assert.equal(kept[0]?.reason, 'Record 1007 has no usable created_at.');
    });
  });

  it('makes the fetch fail, loudly, where most of a page is such', async () => {
    await withRawLogs(async (server, installation) => {
      const bad = Array.from({ length: 5 }, (_, number) => ({
        second: noon + 100 + number,
        content: render('audit_logs', 100 + number, noon, { created_at: '"soon"' }),
      }));
      server.records.audit_logs = [...soundRecords('audit_logs', 4), ...bad];
      await installation.worker('audit_logs').follow(signal);
      const filled = await installation.worker('audit_logs').fill(signal);
      assert.equal(filled?.outcome, 'failed');
      assert.equal(filled.code, 'records_unusable');
      assert.equal(
        filled.error,
        '5 of the 9 records of a page of audit_logs cannot be stored, so nothing of the page is. The first of them is record 5 of the page (id 1100): Record 1100 has no usable created_at. If it stays, Zendesk has changed its format: look for a newer version of this program.',
      );
      assert.deepEqual(await listQuarantine(installation), []);
      // As many sound ones as unusable ones: these are single records.
      server.records.audit_logs = [...soundRecords('audit_logs', 5), ...bad];
      await pull(installation, 'audit_logs');
      assert.equal((await listQuarantine(installation)).length, 5);
    });
  });
});
