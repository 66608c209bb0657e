import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { addRescan, loadRescans } from '../../src/ingest/coverage.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { subtract } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { statusOf } from '../support/ledger-facts.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const logs = ['audit_logs', 'access_logs'] as const;
type LogName = (typeof logs)[number];

const daySeconds = 86_400;
const now = Math.floor(Date.now() / 1000);
/** A day that is certainly covered, and whose partition is not today's, in both logs. */
const noon = now - 40 * daySeconds;

const moment = (second: number): string => `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;

/** A valid record, or one with other members; a member is a JSON text. */
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
      it(`because it ${what} affects no other: ${stream}`, async () => {
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

  for (const stream of logs)
    for (const place of [0, 3, 7])
      it(`because Postgres refuses its row affects no other, at position ${place}: ${stream}`, async () => {
        await withRawLogs(async (server, installation) => {
          const { db } = installation;
          // An example of every value that a table may refuse.
          const column = stream === 'audit_logs' ? 'action' : 'method';
          await db.query(
            `create function zendesk.too_large(value text) returns integer language sql immutable as $$ select case when value like 'poison%' then 2147483647 + length(value) end $$`,
          );
          await db.query(`create index on zendesk.${stream} (zendesk.too_large(${column}))`);
          const content = render(stream, 500, noon + place, { [column]: '"poison"' });
          server.records[stream] = soundRecords(stream, 7).toSpliced(place, 0, {
            second: noon + place,
            content,
          });
          await pull(installation, stream);
          const [stored] = await db.query<{ rows: number }>(
            `select count(*)::integer as rows from zendesk.${stream}`,
          );
          assert.equal(stored?.rows, 7);
          const kept = await listQuarantine(installation);
          assert.deepEqual(
            kept.map((row) => [row.content.toString(), row.code, row.reason]),
            [
              [
                content,
                'record_refused',
                'Postgres rejects the row: a number in it is too large (SQLSTATE 22003).',
              ],
            ],
          );
          assert.equal((await statusOf(db, stream)).gaps, 0);
        });
      });

  it('is one row of the quarantine, however often it is received', async () => {
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

  it('makes the fetch fail if most of a page is like this', async () => {
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
        '5 of the 9 records of a page of audit_logs cannot be stored, so the whole page was not stored. The first one is record 5 of the page (id 1100): Record 1100 has no usable created_at. If it persists, Zendesk has changed its format: try a newer version of this program.',
      );
      // In the parts of the span they are single records.
      assert.equal((await listQuarantine(installation)).length, 5);
      await pull(installation, 'audit_logs');
    });
  });
});

describe('many records that cannot be stored, close together', () => {
  const second = noon + 600;
  const burst = Array.from({ length: 60 }, (_, number) => ({
    second: second + (number % 3),
    content: render('audit_logs', 5000 + number, second, { created_at: '"soon"' }),
  }));
  const around = [-3 * daySeconds, -400, 400, 3 * daySeconds].flatMap((distance) =>
    Array.from({ length: 10 }, (_, number) => ({
      second: second + distance + number,
      content: render(
        'audit_logs',
        Math.abs(distance) + number + (distance < 0 ? 0 : 1_000_000),
        second + distance + number,
      ),
    })),
  );
  const gapsOf = ({ db }: Installation): Promise<{ from: number; to: number }[]> =>
    db.query(
      `select extract(epoch from covered_until)::integer as from, lead(extract(epoch from covered_from)::integer) over (order by covered_from) as to
       from zendesk_sync.coverage where account = $1 and stream = 'audit_logs' order by covered_from`,
      [account],
    );

  it('leave a gap only in their own seconds, and everything around them is stored', async () => {
    await withRawLogs(async (server, installation) => {
      server.records.audit_logs = [...around, ...burst];
      const worker = installation.worker('audit_logs');
      await worker.follow(signal);
      const filled = await worker.fill(signal);
      assert.deepEqual([filled?.outcome, filled?.code], ['failed', 'records_unusable']);
      assert.match(filled?.error ?? '', /^60 of the \d+ records of a page .* \(id 60\d\d\): /);
      // A span asks for a second more on both ends.
      const [first] = await gapsOf(installation);
      assert.ok(first !== undefined && first.from >= second - 2 && first.from <= second);
      assert.ok(first.to >= second + 3 && first.to <= second + 5, JSON.stringify(first));
      assert.deepEqual(
        await installation.db.query(
          'select count(*)::integer as rows from zendesk.audit_logs where account = $1',
          [account],
        ),
        [{ rows: around.length }],
      );
      assert.ok(server.requests < 120, `${server.requests} requests`);

      // Spans known to be unusable are requested once in each run.
      const before = server.requests;
      const again = await worker.fill(signal);
      assert.deepEqual([again?.outcome, again?.code], ['failed', 'records_unusable']);
      assert.ok(server.requests - before <= 3, `${server.requests - before} requests`);

      server.records.audit_logs = around;
      await pull(installation, 'audit_logs');
      assert.equal((await statusOf(installation.db, 'audit_logs')).gaps, 0);
    });
  });

  it('while following, make every tick fail with their name until they are a gap, and never cover their time', async () => {
    await withRawLogs(async (server, installation) => {
      const worker = installation.worker('audit_logs');
      const at = Math.floor(Date.now() / 1000) - 120;
      const sound = [0, 1, 2].map((number) => ({
        second: at - 60 + number,
        content: render('audit_logs', 100 + number, at - 60 + number),
      }));
      server.records.audit_logs = [
        ...sound,
        ...burst.map(({ content }) => ({ second: at, content })),
      ];
      for (let tick = 0; tick < 2; tick += 1) {
        const { outcome, code, error } = await worker.follow(signal);
        assert.deepEqual([outcome, code], ['failed', 'records_unusable']);
        assert.match(error ?? '', /^60 of the 63 records of a page .* \(id 60\d\d\): /);
      }
      const failing = await statusOf(installation.db, 'audit_logs');
      assert.equal(failing.state, 'failed');
      assert.equal(failing.covered_until, null);
      server.records.audit_logs = sound;
      assert.equal((await worker.follow(signal)).outcome, 'complete');
      assert.notEqual((await statusOf(installation.db, 'audit_logs')).state, 'failed');
    });
  });

  it('that come late keep only their own seconds from being read again', async () => {
    await withRawLogs(async (server, installation) => {
      const { db } = installation;
      server.records.audit_logs = around;
      await pull(installation, 'audit_logs');
      const age = 3600;
      const key = { account, stream: 'audit_logs' };
      const due = { from: second - 20_000, to: second + 20_000 };
      await addRescan(db, key, age, { from: 0, to: due.from });
      await addRescan(db, key, age, { from: due.to, to: Math.floor(Date.now() / 1000) });
      const late = second + 10_000;
      server.records.audit_logs = [
        ...around,
        ...burst,
        { second: late, content: render('audit_logs', 9000, late) },
      ].toSorted((a, b) => a.second - b.second);

      const worker = createStreamWorker(installation.another({ rescanAges: [age] }), auditLogs);
      const again = await worker.fill(signal);
      assert.deepEqual([again?.outcome, again?.code], ['failed', 'records_unusable']);
      assert.deepEqual(
        await db.query(
          'select count(*)::integer as rows from zendesk.audit_logs where account = $1 and id = 10000',
          [account],
        ),
        [{ rows: 1 }],
      );
      const left = subtract([due], (await loadRescans(db, key)).get(age) ?? []);
      assert.deepEqual(left.length, 1);
      const [{ from, to } = due] = left;
      assert.ok(from >= second - 2 && to <= second + 5, JSON.stringify(left));

      const before = server.requests;
      await worker.fill(signal);
      assert.ok(server.requests - before <= 5, `${server.requests - before} requests`);
    });
  });
});

/** Text that does not compress, of so many characters. */
function longText(length: number): string {
  let text = '';
  for (let number = 0; text.length < length; number += 1)
    text += createHash('sha256').update(String(number)).digest('base64url');
  return text.slice(0, length);
}

describe('a record with unusual values', { concurrency: 3 }, () => {
  it('is stored if a text is too long for an index, with its rollups: audit_logs', async () => {
    await withRawLogs(async (server, installation) => {
      const { db } = installation;
      const long = longText(5000);
      const odd = {
        action: JSON.stringify(long),
        source_type: JSON.stringify(`s${long}`),
        source_id: '5',
        actor_id: '5',
      };
      const other = { ...odd, source_type: JSON.stringify(`s${long}!`) };
      server.records.audit_logs = [
        ...soundRecords('audit_logs', 3),
        { second: noon, content: render('audit_logs', 100, noon, odd) },
        { second: noon, content: render('audit_logs', 101, noon, other) },
      ];
      await pull(installation, 'audit_logs');
      await refreshRollups(db, account, [auditLogs]);
      assert.deepEqual(await listQuarantine(installation), []);
      const rows = await db.query<{ action: string; source_type: string; extra: object }>(
        'select action, source_type, extra from zendesk.audit_logs where actor_id = 5 order by id',
      );
      assert.deepEqual(
        rows.map((row) => [row.action, row.extra]),
        [
          [long, { source_type: `s${long}` }],
          [long, { source_type: `s${long}!` }],
        ],
      );
      const [first, second] = rows;
      assert.notEqual(first?.source_type, second?.source_type);
      assert.ok(first?.source_type.startsWith(`s${long.slice(0, 100)}`));
      const days = await db.query<{ source_type: string; changes: number }>(
        'select source_type, changes from zendesk.audit_day where actor_id = 5',
      );
      assert.deepEqual(
        new Set(days.map((day) => day.source_type)),
        new Set([first?.source_type, second?.source_type]),
      );
      const [same] = await db.query<{ same: boolean }>(
        `select zendesk_sync.key_text($1) = $2 as same`,
        [`s${long}`, first?.source_type],
      );
      assert.equal(same?.same, true);
    });
  });

  it('is stored if its id has 5,000 characters, each as its own row: access_logs', async () => {
    await withRawLogs(async (server, installation) => {
      const { db } = installation;
      const long = longText(5000);
      const url = `/api/v2/tickets/${long}`;
      server.records.access_logs = [
        ...soundRecords('access_logs', 3),
        ...['a', 'b'].map((end) => ({
          second: noon,
          content: render('access_logs', 0, noon, {
            id: JSON.stringify(long + end),
            url: JSON.stringify(url),
            method: '"GET"',
          }),
        })),
      ];
      await pull(installation, 'access_logs');
      await refreshRollups(db, account, [accessLogs]);
      assert.deepEqual(await listQuarantine(installation), []);
      const rows = await db.query<{ id: string; whole: string }>(
        `select id, extra ->> 'id' as whole from zendesk.access_logs where url = $1 order by 2`,
        [url],
      );
      assert.deepEqual(
        rows.map((row) => row.whole),
        [`${long}a`, `${long}b`],
      );
      assert.equal(new Set(rows.map((row) => row.id)).size, 2);
      // Read again: the same rows, and nothing has changed.
      const again = await installation
        .worker('access_logs')
        .read({ from: noon - 5, to: noon + 5 }, signal);
      assert.deepEqual(
        { new: again.counts.new, changed: again.counts.changed },
        { new: 0, changed: 0 },
      );
    });
  });

  it('is stored at its own time if that is written in an unusual way', async () => {
    await withRawLogs(async (server, installation) => {
      const { db } = installation;
      const times = [
        '2026-10-31T23:59:59.999999999Z',
        '2026-11-01T01:59:59.9999999+02:00',
        '2026-10-31T16:59:60-0700',
        '2026-10-31T23:59:59.5Z',
      ];
      server.records.access_logs = times.map((time, number) => ({
        second: Math.floor(Date.parse('2026-10-31T23:59:59Z') / 1000),
        content: render('access_logs', number, noon, { timestamp: JSON.stringify(time) }),
      }));
      await pull(installation, 'access_logs');
      assert.deepEqual(await listQuarantine(installation), []);
      const rows = await db.query(
        `select tableoid::regclass::text as part, to_char(timestamp at time zone 'UTC', 'MM-DD HH24:MI:SS.US') as time,
           extra ->> 'timestamp' as whole
         from zendesk.access_logs order by id`,
      );
      assert.deepEqual(rows, [
        {
          part: 'zendesk_partitions.access_logs_2026_10',
          time: '10-31 23:59:59.999999',
          whole: times[0],
        },
        {
          part: 'zendesk_partitions.access_logs_2026_10',
          time: '10-31 23:59:59.999999',
          whole: times[1],
        },
        {
          part: 'zendesk_partitions.access_logs_2026_11',
          time: '11-01 00:00:00.000000',
          whole: times[2],
        },
        {
          part: 'zendesk_partitions.access_logs_2026_10',
          time: '10-31 23:59:59.500000',
          whole: null,
        },
      ]);
    });
  });

  for (const depth of [6000, 200_000])
    it(`affects no other if it is nested ${depth} deep`, async () => {
      await withRawLogs(async (server, installation) => {
        const { db } = installation;
        const deep = `${'['.repeat(depth)}1${']'.repeat(depth)}`;
        const content = render('audit_logs', 100, noon, { deep });
        server.records.audit_logs = [
          ...soundRecords('audit_logs', 3),
          { second: noon + 1, content },
        ];
        await pull(installation, 'audit_logs');
        const [sound] = await db.query<{ rows: number }>(
          'select count(*)::integer as rows from zendesk.audit_logs where id < 1100',
        );
        assert.equal(sound?.rows, 3);
        const [kept] = await db.query<{ json: string }>(
          `select extra -> 'deep' ->> 'json' as json from zendesk.audit_logs where id = 1100
           union all select convert_from(content, 'UTF8') from zendesk_sync.quarantine`,
        );
        assert.ok(kept?.json === deep || kept?.json === content);
      });
    });

  it('keeps what Zendesk sent: numbers, a name that appears twice, and bytes that are not text', async () => {
    await withRawLogs(async (server, installation) => {
      const { db } = installation;
      const numbers = '[1e400, 123456789012345678901234567890, 0.1234567890123456789]';
      const twice = render('audit_logs', 101, noon).replace('{', '{"action":"first",');
      const broken = Buffer.concat([
        Buffer.from('{"id":1102,"created_at":"'),
        Buffer.from(`${moment(noon)}","action":"`),
        Buffer.from([0x61, 0xff, 0xfe]),
        Buffer.from('"}'),
      ]);
      server.records.audit_logs = [
        ...soundRecords('audit_logs', 3),
        { second: noon, content: render('audit_logs', 100, noon, { numbers, zero: '-0' }) },
        { second: noon, content: twice },
        { second: noon, content: broken },
      ];
      await pull(installation, 'audit_logs');
      assert.deepEqual(await listQuarantine(installation), []);
      const rows = await db.query(
        `select id::integer, action, extra ->> 'numbers' = $1 as numbers, extra ->> 'zero' as zero, extra -> '$original' as original
         from zendesk.audit_logs where id >= 1100 order by id`,
        [`[1${'0'.repeat(400)}, ${numbers.slice(8)}`],
      );
      assert.deepEqual(rows, [
        { id: 1100, action: 'update', numbers: true, zero: '{"json": "-0"}', original: null },
        { id: 1101, action: 'update', numbers: null, zero: null, original: { text: twice } },
        {
          id: 1102,
          action: 'a\uFFFD\uFFFD',
          numbers: null,
          zero: null,
          original: { base64: broken.toString('base64') },
        },
      ]);
    });
  });

  for (const [what, content] of [
    ['zeros in front of a number', '{"id": 1100, "source_id": 007, "action": "a, b]} [{"}'],
    ['no value', '{"id": 1100, "action": }'],
    ['a line break within a text', '{"id": 1100, "action": "a\nb"}'],
    ['a bare word', 'NaN'],
  ] as const)
    it(`affects no other record if it is not JSON: ${what}`, async () => {
      await withRawLogs(async (server, installation) => {
        const { db } = installation;
        server.records.audit_logs = soundRecords('audit_logs', 3).toSpliced(1, 0, {
          second: noon,
          content,
        });
        await pull(installation, 'audit_logs');
        const [stored] = await db.query<{ rows: number }>(
          'select count(*)::integer as rows from zendesk.audit_logs',
        );
        assert.equal(stored?.rows, 3);
        const kept = await listQuarantine(installation);
        assert.deepEqual(
          kept.map((row) => [row.content.toString(), row.reason]),
          [[content, 'Zendesk sent a record in audit_logs that is not valid JSON.']],
        );
      });
    });
});
