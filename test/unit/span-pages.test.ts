/** How the pages of a span are asked for: how urgently, by which cursor, and what follows when a cursor does not work. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import { priorities, type Engine } from '../../src/ingest/engine.ts';
import { createLastPages } from '../../src/ingest/last-pages.ts';
import type { ReadPage } from '../../src/ingest/page-records.ts';
import { createPageSizes } from '../../src/ingest/page-sizes.ts';
import { askFor, makeSure, nameRecords } from '../../src/ingest/span-pages.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Page, PageRequest } from '../../src/zendesk/request.ts';

const span = { from: 1000, to: 2000 };
const rest = { from: 1500, to: 2000 };
const { signal } = new AbortController();
const answer: Page = {
  records: [{ id: 'a' }],
  originals: () => [],
  lossy: new Set(),
  nextCursor: undefined,
  isSaidLast: true,
  pageSize: 100,
  sentAtMs: 0,
  receivedAtMs: 1,
  ageMs: 0,
  bytes: 2,
  requestId: undefined,
};

/** Who asks a Zendesk that answers with this for each request, and what was asked. */
function createAsker(respond: (request: PageRequest) => Page = () => answer) {
  const asked: PageRequest[] = [];
  const engine = {
    zendesk: {
      readPage: (request: PageRequest) => {
        asked.push(request);
        return Promise.try(respond, request);
      },
    },
    pageSizes: createPageSizes({ access_logs: 100 }),
    lastPages: createLastPages(),
  };
  return { asker: { engine: engine as unknown as Engine, stream: accessLogs }, asked };
}

const broken = new KnownError('cursor_refused', { found: 'The cursor does not work' });
const spanOf = ({ parameters }: PageRequest): unknown => parameters;
const { spanParameters } = accessLogs.source;

describe('a page of a span', () => {
  it('is asked for as urgently as its reading is', async () => {
    const { asker, asked } = createAsker();
    for (const kind of ['live', 'rescan', 'reconcile', 'backfill'] as const)
      await askFor(asker, { cursor: 'c', kind }, span, signal);
    assert.deepEqual(
      asked.map(({ priority, cursor }) => [priority, cursor]),
      [priorities.live, priorities.rescan, priorities.reconcile, priorities.backfill].map(
        (priority) => [priority, 'c'],
      ),
    );
    assert.deepEqual(
      asked.map(spanOf),
      Array.from({ length: 4 }, () => spanParameters(span)),
    );
  });

  it('that is said to be the last is doubted less where the next tick reads its time again', async () => {
    // A short one, longer than any before it.
    const isUnsure = async (kind: 'live' | 'rescan' | 'backfill'): Promise<boolean> => {
      const page = await askFor(createAsker().asker, { cursor: undefined, kind }, span, signal);
      return page.isUnsure;
    };
    assert.deepEqual(
      [await isUnsure('live'), await isUnsure('rescan'), await isUnsure('backfill')],
      [false, true, true],
    );
  });
});

describe('what may follow a page that is said to be the last', () => {
  it('is the page of its cursor, and without a cursor the rest of the span', async () => {
    const { asker, asked } = createAsker();
    await makeSure(asker, { cursor: 'c', kind: 'live' }, { span, rest }, signal);
    await makeSure(asker, { cursor: undefined, kind: 'live' }, { span, rest }, signal);
    assert.deepEqual(
      asked.map((request) => [request.cursor, spanOf(request)]),
      [
        ['c', spanParameters(span)],
        [undefined, spanParameters(rest)],
      ],
    );
  });

  it('is the rest of the span where its cursor does not work', async () => {
    const { asker, asked } = createAsker(({ cursor }) => {
      if (cursor !== undefined) throw broken;
      return answer;
    });
    await makeSure(asker, { cursor: 'c', kind: 'backfill' }, { span, rest }, signal);
    assert.deepEqual(
      asked.map((request) => [request.cursor, spanOf(request), request.priority]),
      [
        ['c', spanParameters(span), priorities.backfill],
        [undefined, spanParameters(rest), priorities.backfill],
      ],
    );
  });

  it('is not asked for again without a cursor, after another error, or after a stop', async () => {
    const stopped = AbortSignal.abort();
    const other = new KnownError('proxy_unreachable', { found: 'Zendesk does not answer' });
    for (const [cursor, error, at] of [
      [undefined, broken, signal],
      ['c', other, signal],
      ['c', broken, stopped],
    ] as const) {
      const { asker, asked } = createAsker(() => {
        throw error;
      });
      await assert.rejects(makeSure(asker, { cursor, kind: 'live' }, { span, rest }, at), error);
      assert.equal(asked.length, 1);
    }
  });
});

describe('the keys of the records of a page', () => {
  it('are times and ids, and of records that cannot be read their bytes', () => {
    const contents = ['{', '[]'].map((text) => Buffer.from(text));
    const page = {
      rows: [{ id: 'a', timeMs: 5 }],
      quarantined: contents.map((content) => ({ content })),
    } as unknown as ReadPage;
    const hashes = contents.map((content) => createHash('sha256').update(content).digest('hex'));
    assert.deepEqual(nameRecords(page), ['5 a', ...hashes]);
  });
});
