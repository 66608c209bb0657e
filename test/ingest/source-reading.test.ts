/** A span of a log as Zendesk shows it: read completely or not at all, and stored nowhere. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import type { ReadPage } from '../../src/ingest/page-records.ts';
import { readSource, type SourceReader } from '../../src/ingest/reconcile/source-reading.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withInstallation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer, type RawRecord } from '../support/raw-log-server.ts';

const noon = Math.floor(Date.now() / 86_400_000) * 86_400 - 40 * 86_400 + 43_200;
const span = { from: noon, to: noon + 1000 };
const record = (number: number, stamp = noon + 10 * number): RawRecord => ({
  second: noon + 10 * number,
  content: JSON.stringify({ id: `r${number}`, timestamp: new Date(stamp * 1000).toISOString() }),
});
const records = (count: number): RawRecord[] =>
  Array.from({ length: count }, (_, number) => record(number));
const nine = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'];

type Asked = {
  readonly server: RawLogServer;
  readonly reader: SourceReader;
  /** Seconds from noon where each request began, and its cursor. */
  readonly asked: string[];
  /** The ids of each page that was told of. */
  readonly told: string[];
  readonly tell: (page: ReadPage) => Promise<void>;
  readonly stop: () => void;
};

/** Opens the access log with these records, in pages of four. */
async function withSource(
  sent: readonly RawRecord[],
  work: (source: Asked) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  server.records.access_logs = sent;
  const asked: string[] = [];
  const told: string[] = [];
  server.answerOddly = ({ url = '' }) => {
    const { searchParams } = new URL(url, server.origin);
    const from = Date.parse(searchParams.get('filter[start]') ?? '') / 1000 - noon;
    asked.push(`${from} ${searchParams.get('page[after]') ?? ''}`.trim());
    return false;
  };
  const stopping = new AbortController();
  try {
    const options = { origin: server.origin, pageSizes: { access_logs: 4 }, rescanAges: [] };
    await withInstallation({}, options, async ({ engine }) => {
      await work({
        server,
        asked,
        told,
        reader: { engine, stream: accessLogs, signal: stopping.signal },
        async tell({ rows }) {
          told.push(rows.map(({ id }) => id).join(' '));
        },
        stop: () => stopping.abort(),
      });
    });
  } finally {
    server.close();
  }
}

/** Refuses so many cursors. */
function refuseCursors({ server, asked }: Asked, times: number): void {
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

describe('a span as Zendesk shows it', { concurrency: 2 }, () => {
  it('is read page by page to its end, and it is known since when Zendesk keeps the log', async () => {
    await withSource(records(9), async ({ reader, asked, told, tell }) => {
      const { clocks, db } = reader.engine;
      const before = clocks.now().latest;
      const { pages, seen, keptSince } = await readSource(reader, span, tell);
      assert.deepEqual([pages, [...seen]], [3, nine]);
      assert.deepEqual(asked, ['-1', '-1 4', '-1 8']);
      assert.deepEqual(told, ['r0 r1 r2 r3', 'r4 r5 r6 r7', 'r8']);
      const kept = 90 * 86_400;
      assert.ok(keptSince >= before - kept - 1 && keptSince <= clocks.now().latest - kept);
      assert.deepEqual(await db.query('select from zendesk.access_logs'), []);
      const audit = await readSource({ ...reader, stream: auditLogs }, span);
      assert.deepEqual(audit, { pages: 1, seen: new Set(), keptSince: -Infinity });
    });
  });

  it('goes on after a full page that is said to be the last: by its cursor, or from its newest record', async () => {
    await withSource(records(9), async ({ reader, server, asked }) => {
      server.changeMeta = (meta) => ({ ...meta, has_more: false });
      assert.deepEqual([...(await readSource(reader, span)).seen], nine);
      assert.deepEqual(asked, ['-1', '-1 4', '-1 8', '-1 12']);
      asked.length = 0;
      server.changeMeta = () => ({ has_more: false, after_cursor: null });
      assert.deepEqual([...(await readSource(reader, span)).seen], nine);
      assert.deepEqual(asked, ['-1', '29', '59', '79']);
    });
  });

  it('is asked for after everything else of its budget', async () => {
    await withSource(records(9), async ({ reader, server }) => {
      const { zendesk } = reader.engine;
      const priorities: number[] = [];
      const readPage: typeof zendesk.readPage = (request, signal) => {
        priorities.push(request.priority);
        return zendesk.readPage(request, signal);
      };
      server.changeMeta = (meta) => ({ ...meta, has_more: false });
      const engine = { ...reader.engine, zendesk: { ...zendesk, readPage } };
      await readSource({ ...reader, engine }, span);
      assert.deepEqual(priorities, [4, 4, 4, 4]);
    });
  });

  it('asks for the rest where the cursor of such a page does not work', async () => {
    await withSource(records(9), async (source) => {
      const { reader, server, asked } = source;
      server.changeMeta = (meta) => ({ ...meta, has_more: false });
      refuseCursors(source, 1);
      assert.deepEqual([...(await readSource(reader, span)).seen], nine);
      assert.deepEqual(asked.slice(0, 3), ['-1', '-1 4', '29']);
    });
  });
});

describe('a walk that breaks', { concurrency: 2 }, () => {
  it('is made once more from its start', async () => {
    await withSource(records(9), async (source) => {
      const { reader, asked, told, tell } = source;
      refuseCursors(source, 1);
      const { pages, seen } = await readSource(reader, span, tell);
      assert.deepEqual([pages, [...seen]], [3, nine]);
      assert.deepEqual(asked, ['-1', '-1 4', '-1', '-1 4', '-1 8']);
      assert.deepEqual(told, ['r0 r1 r2 r3', 'r0 r1 r2 r3', 'r4 r5 r6 r7', 'r8']);
    });
  });

  it('shows nothing when it breaks twice', async () => {
    await withSource(records(9), async (source) => {
      refuseCursors(source, 2);
      await assert.rejects(readSource(source.reader, span), { code: 'cursor_refused' });
      assert.deepEqual(source.asked, ['-1', '-1 4', '-1', '-1 4']);
    });
  });

  it('is not repeated after a signal, nor for any other error', async () => {
    await withSource(records(9), async ({ reader, asked, stop, server }) => {
      const fail = (error: unknown) =>
        readSource(reader, span, async () => {
          throw error;
        });
      await assert.rejects(fail(new TypeError('ours')), new TypeError('ours'));
      await assert.rejects(fail(new KnownError('request_rejected', { found: 'no' })), {
        code: 'request_rejected',
      });
      assert.deepEqual(asked, ['-1', '-1']);
      asked.length = 0;
      // More than half of the page is of another time.
      server.records.access_logs = Array.from({ length: 6 }, (_, number) =>
        record(number, noon - 5000),
      );
      server.mostRecords = () => Infinity;
      await assert.rejects(
        readSource({ ...reader, engine: { ...reader.engine, pageSizes: sized(reader, 10) } }, span),
        { code: 'filter_ignored' },
      );
      assert.deepEqual(asked, ['-1']);
      server.records.access_logs = records(9);
      asked.length = 0;
      const stuck = readSource(reader, span, async () => {
        stop();
        throw new KnownError('walk_stuck', { found: 'no' });
      });
      await assert.rejects(stuck, { code: 'walk_stuck' });
      assert.deepEqual(asked, ['-1']);
    });
  });
});

function sized({ engine }: SourceReader, size: number): SourceReader['engine']['pageSizes'] {
  return { ...engine.pageSizes, next: () => size };
}
