/** The oldest record of a log, and what is asked to prove that nothing is older. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proveBeginning } from '../../src/ingest/beginning.ts';
import type { Span } from '../../src/span.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const signal = new AbortController().signal;
const day = 86_400;
const first = Date.UTC(2000, 0, 1) / 1000;

/** The spans that are asked for, when the answers are these. */
async function proveWith(
  found: number,
  answers: readonly (number | undefined)[],
): Promise<{ beginning: number; asked: readonly Span[] }> {
  const asked: Span[] = [];
  const beginning = await proveBeginning(found, async (span) => {
    asked.push(span);
    return answers[asked.length - 1];
  });
  return { beginning, asked };
}

describe('the proof of a beginning', () => {
  it('asks for everything before the second before the oldest record', async () => {
    assert.deepEqual(await proveWith(first + 90 * day, [undefined]), {
      beginning: first + 90 * day,
      asked: [{ from: first, to: first + 90 * day - 2 }],
    });
  });

  it('halves the time before an older one, down to a day, and begins before it', async () => {
    // Something is at the end of the fourth day.
    const end = first + 4 * day;
    assert.deepEqual(
      await proveWith(first + 90 * day, [end, undefined, end - day / 2, undefined]),
      {
        beginning: first + 2.5 * day - 4,
        asked: [
          { from: first, to: first + 90 * day - 2 },
          { from: first, to: first + 2 * day - 2 },
          { from: first, to: first + 3 * day - 3 },
          { from: first, to: first + 2.5 * day - 4 },
        ],
      },
    );
  });

  it('believes no answer that is later than it was asked for', async () => {
    const { beginning, asked } = await proveWith(first + 90 * day, [
      first + 2 * day,
      first + 5 * day,
    ]);
    assert.equal(beginning, first);
    assert.equal(asked.length, 2);
  });

  it('goes no further when it is certain to a day', async () => {
    const { beginning, asked } = await proveWith(first + 90 * day, [first + day]);
    assert.deepEqual([beginning, asked.length], [first, 1]);
  });
});

const noon = Math.floor(Date.now() / 1000) - 40 * day;

function record(number: number, time?: string): RawRecord {
  const second = noon + number * 10;
  const created = time ?? `"${new Date(second * 1000).toISOString()}"`;
  return { second, content: `{"id":${1000 + number},"created_at":${created}}` };
}

async function withLog(
  records: readonly RawRecord[],
  work: (installation: Installation, server: RawLogServer) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  server.records.audit_logs = records;
  try {
    await withInstallation({}, { origin: server.origin, rescanAges: [] }, (installation) =>
      work(installation, server),
    );
  } finally {
    server.close();
  }
}

/** Follows the log once; says where it begins, how many requests that took, and what is in quarantine. */
async function follow({ worker, db }: Installation): Promise<object> {
  const { outcome, counts, error } = await worker('audit_logs').follow(signal);
  assert.equal(outcome, 'complete', error);
  const [stream] = await db.query<{ horizon: number | null; proved: boolean }>(
    `select extract(epoch from horizon)::float8 as horizon, horizon_proved_at is not null as proved
     from zendesk_sync.streams where account = $1 and stream = 'audit_logs'`,
    [account],
  );
  const quarantine = await db.query<{ id: string }>(
    'select record_id as id from zendesk_sync.quarantine order by record_id',
  );
  return { ...stream, requests: counts.requests, quarantine: quarantine.map(({ id }) => id) };
}

describe('the oldest record', () => {
  it('is found with one request, and proved with another', async () => {
    await withLog([record(0), record(1)], async (installation, server) => {
      assert.deepEqual(await follow(installation), {
        horizon: noon,
        proved: true,
        requests: 3,
        quarantine: [],
      });
      assert.equal(server.requests, 3);
    });
  });

  it('that cannot be read goes into quarantine, and the next one that can is the oldest', async () => {
    const bad = [0, 1].map((number) => record(number, 'null'));
    await withLog([...bad, record(2), record(3)], async (installation) => {
      assert.deepEqual(await follow(installation), {
        horizon: noon + 20,
        proved: true,
        requests: 4,
        quarantine: ['1000', '1001'],
      });
    });
  });

  it('of a log without records is none, and nothing has to be proved', async () => {
    await withLog([], async (installation) => {
      assert.deepEqual(await follow(installation), {
        horizon: null,
        proved: false,
        requests: 2,
        quarantine: [],
      });
    });
  });
});
