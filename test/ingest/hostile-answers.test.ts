import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import { intersect } from '../../src/span.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { statusOf } from '../support/ledger-facts.ts';
import { listRawRecords } from '../support/raw-records.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const now = Math.floor(Date.now() / 1000);
const signal = new AbortController().signal;
const stream = 'audit_logs';
/** Spread over two days, so that there are pages with a cursor. */
const seconds = Array.from({ length: 250 }, (_, place) => now - 2000 - place * 600);
const unusable = (last: string): RegExp =>
  new RegExp(`^No usable answer from Zendesk to /api/v2/audit_logs after 6 attempts; .*${last}`);

async function withServer(
  work: (server: RawLogServer, installation: Installation) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  server.records[stream] = listRawRecords(stream, seconds);
  const settings = {
    origin: server.origin,
    rescanAges: [],
    horizons: { [stream]: now - 3 * 86_400 },
  };
  try {
    await withInstallation({}, settings, (installation) => work(server, installation));
  } finally {
    server.close();
  }
}

/** The answer instead of a page of a log. */
type Oddity = (request: IncomingMessage, response: ServerResponse) => void;

const page = '{"audit_logs":[],"meta":{"has_more":false,"after_cursor":null}}';
const say =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Oddity =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);
const meta = (has: object): Oddity => say(200, JSON.stringify({ audit_logs: [], meta: has }));

/** Lasting answers, each with the sentence of the failed run, and the largest number of requests. */
const lasting: readonly (readonly [what: string, Oddity, error: RegExp, requests: number])[] = [
  [
    'a redirect to the same place',
    (request, response) => void response.writeHead(302, { location: request.url ?? '/' }).end(),
    /answered \/api\/v2\/audit_logs with a redirect to http:\/\/127\.0\.0\.1:\d+ \(302\), which the program does not follow/,
    6,
  ],
  [
    'a redirect to another origin',
    say(307, '', { location: 'https://elsewhere.example/' }),
    /with a redirect to https:\/\/elsewhere\.example \(307\), which the program does not follow/,
    6,
  ],
  ['a redirect without a place', say(302, ''), /a redirect to an unreadable address \(302\)/, 6],
  ['no meta', say(200, '{"audit_logs":[]}'), unusable('does not say whether it has more'), 6],
  ...["'true'", "'false'", '0', '1', 'null', '[]'].map(
    (text) =>
      [
        `has_more: ${text}`,
        say(200, `{"audit_logs":[],"meta":{"has_more":${text.replaceAll("'", '"')}}}`),
        unusable('does not say whether it has more'),
        6,
      ] as const,
  ),
  ...[{ o: 1 }, 7, '', null, [], true].map(
    (cursor) =>
      [
        `the cursor ${JSON.stringify(cursor)}`,
        meta({ has_more: true, after_cursor: cursor }),
        unusable('has more but no cursor'),
        6,
      ] as const,
  ),
  ['garbage behind the JSON', say(200, `${page}]<!-- -->`), unusable('is not complete JSON'), 6],
  ['two answers in one', say(200, page + page), unusable('is not complete JSON'), 6],
  ['UTF-16', say(200, Buffer.from(page, 'utf16le')), unusable('is not complete JSON'), 6],
  [
    'the body of an error with 200',
    say(200, '{"error":"InternalServerError","description":"Failed to process request"}'),
    unusable('has no list audit_logs'),
    6,
  ],
  ['204', say(204, ''), unusable('has the status 204 instead of 200'), 6],
  ['206', say(206, page), unusable('has the status 206 instead of 200'), 6],
  [
    'chunks without an end',
    (_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write('{"audit_logs":[', () => response.destroy());
    },
    unusable('no complete answer'),
    6,
  ],
];

describe('an answer that does not look like a page of Zendesk', { concurrency: 3 }, () => {
  for (const [what, oddity, error, most] of lasting)
    it(`ends the run with one sentence after a few requests, covers nothing, and the next run recovers: ${what}`, async () => {
      await withServer(async (server, installation) => {
        const { db, worker } = installation;
        server.answerOddly = (request, response) => {
          oddity(request, response);
          return true;
        };
        const { outcome, error: told } = await worker(stream).follow(signal);
        assert.equal(outcome, 'failed');
        assert.match(told ?? '', error);
        assert.ok(server.requests <= most, `${server.requests} requests`);
        const read = [{ from: 0, to: now }];
        assert.deepEqual(intersect(await loadCoverage(db, { account, stream }), read), []);
        server.answerOddly = () => false;
        await assertGotOver(installation);
      });
    });

  for (const [what, form] of [
    ['a byte order mark', (body: string) => say(200, `\uFEFF${body}`)],
    ['another content type', (body: string) => say(200, body, { 'content-type': 'text/html' })],
  ] as const)
    it(`is read if it is a page nevertheless: ${what}`, async () => {
      await withServer(async (server, installation) => {
        // A backfill begins with spans of a day.
        const span = { from: now - 80_000, to: now - 1000 };
        const within = server.records[stream].filter(({ second }) => second > span.from);
        const records = within.map(({ content }) => content).join(',');
        const body = `{"audit_logs":[${records}],"meta":{"has_more":false,"after_cursor":null}}`;
        server.answerOddly = (request, response) => {
          form(body)(request, response);
          server.answerOddly = () => false;
          return true;
        };
        const read = await installation.worker(stream).read(span, signal);
        assert.deepEqual([read.outcome, read.counts.new], ['complete', within.length], read.error);
      });
    });
});

async function assertGotOver(installation: Installation): Promise<void> {
  await pullCompletely(installation, stream);
  const [stored] = await installation.db.query(
    'select count(*)::integer as rows from zendesk.audit_logs',
  );
  assert.deepEqual(stored, { rows: seconds.length });
  const { state, gaps } = await statusOf(installation.db, stream);
  assert.deepEqual({ state, gaps }, { state: 'ok', gaps: 0 });
}

describe('a retry-after that makes no sense', { concurrency: 3 }, () => {
  for (const [text, leastMs, mostMs] of [
    ['1e9', 59_000, 60_000],
    ['1000000000', 299_000, 300_000],
    ['-5', 59_000, 60_000],
    ['NaN', 59_000, 60_000],
    ['Infinity', 59_000, 60_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 500, 1_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 299_000, 300_000],
    ['', 59_000, 60_000],
  ] as const)
    it(`pauses for a limited time, which is recorded: ${text === '' ? 'nothing' : text}`, async () => {
      await withServer(async (server, { db, worker }) => {
        const stop = new AbortController();
        const asked = Promise.withResolvers<void>();
        server.answerOddly = (_, response) => {
          response.writeHead(429, { 'retry-after': text }).end('{"error":"TooMany"}');
          asked.resolve();
          return true;
        };
        const run = worker(stream).follow(stop.signal);
        await asked.promise;
        const pausedMs = async (): Promise<number> => {
          const [row] = await db.query<{ ms: number | null }>(
            `select (extract(epoch from paused_until - clock_timestamp()) * 1000)::float8 as ms
             from zendesk_sync.budgets where budget_group = 'support'`,
          );
          return row?.ms ?? 0;
        };
        let ms = 0;
        while ((ms = await pausedMs()) === 0);
        stop.abort();
        await run;
        // The time since then depends on the machine.
        assert.ok(ms > leastMs - 20_000 && ms <= mostMs, `${ms} ms`);
      });
    });
});
